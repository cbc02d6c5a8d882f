"""The page in Chromium, without a network, by real pointer and key events. `open_page` fails on any console error."""

import base64

import numpy as np
import pytest

from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.material import LECTURE_IMAGE
from keras_cnn_course.models.outputs import read_layer_outputs

SMALL = [(568, 320), (667, 375), (640, 400), (320, 568)]  # phones, and a laptop's window at 200%
SIZES = [(1280, 800), (390, 844), *SMALL]
FIVE = [(0.65, 0.15), (0.35, 0.15), (0.33, 0.45), (0.5, 0.4), (0.66, 0.5), (0.68, 0.68), (0.55, 0.82), (0.35, 0.8)]


def draw(page, points):
    box = page.locator("#paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=2)
    page.mouse.up()


def answers(page):
    """Return the probabilities that the page computed last."""
    return np.array(page.evaluate("[...kcnn.page.values[kcnn.page.values.length - 1]]"))


def maps(page, name):
    """Return the canvas of a layer."""
    return page.locator("#layers .layer", has=page.get_by_role("heading", name=f"{name} ")).locator(".maps canvas")


def test_the_page_begins_with_a_test_image(small_page, open_page, digits):
    page = open_page(small_page.path)
    sample = small_page.data["samples"][0]
    image = digits.x_test[sample["index"]]
    expected = small_page.model(image[None] / np.float32(255)).numpy()[0]
    np.testing.assert_allclose(answers(page), expected, atol=1e-5)  # float32 sums in another order
    assert page.locator("#answer").text_content() == str(sample["label"])


def test_drawing_changes_every_layer_and_the_answer(small_page, open_page):
    page = open_page(small_page.path)
    read = "() => kcnn.page.views.map((view) => view.step.kind === 'flatten' ? '' : view.canvas.toDataURL())"
    before = page.evaluate(read)
    draw(page, FIVE)
    after = page.evaluate(read)
    assert all(one != other for one, other in zip(before, after, strict=True) if one)
    assert page.locator("#hint").is_hidden()
    assert answers(page).sum() == pytest.approx(1, abs=1e-5)
    page.click("#undo")
    assert page.locator("#confidence").text_content() == "nothing drawn yet"
    draw(page, FIVE)
    draw(page, [(0.1, 0.1), (0.2, 0.2)])
    assert page.evaluate("kcnn.page.drawing.strokes.length") == 2
    page.click("#clear")
    assert page.evaluate("kcnn.page.drawing.paper.ink.every((ink) => ink === 0)")


@pytest.mark.slow
def test_nothing_is_drawn_yet_on_white_paper_too(write_page, trained_run, open_page):
    light = {**trained_run.read_record().appearance, "ground": "light"}
    page = open_page(write_page(trained_run.load_model(), appearance=light).path)
    assert page.locator("#confidence").text_content().endswith("%")
    page.click("#clear")
    assert page.evaluate("kcnn.page.pixels.every((pixel) => pixel === 255)")
    assert page.locator("#confidence").text_content() == "nothing drawn yet"
    draw(page, FIVE)
    assert page.locator("#confidence").text_content().endswith("%")


@pytest.mark.parametrize("button", ["#clear", "#undo"])
def test_no_test_image_stays_selected_beside_empty_paper(small_page, open_page, button):
    page = open_page(small_page.path)
    selected = page.locator("#samples button[aria-pressed=true]")
    page.locator("#samples button").nth(2).click()
    assert selected.count() == 1
    page.click(button)
    assert page.locator("#confidence").text_content() == "nothing drawn yet"
    assert selected.count() == 0


def test_keys_draw_too(small_page, open_page):
    page = open_page(small_page.path)
    page.locator("#present").focus()
    while page.evaluate("document.activeElement.id") != "paper":
        page.keyboard.press("Tab")
    assert page.locator("#pen-mark").is_visible()
    for key in ["Space", *["ArrowDown"] * 13, "Space", "ArrowRight", "ArrowRight", "Space", "ArrowUp"]:
        page.keyboard.press(key)
    strokes = page.evaluate("kcnn.page.bench.drawing.strokes.map(({ points }) => points)")
    assert [len(points) for points in strokes] == [14, 2]
    assert strokes[0][0] == {"x": 140, "y": 70}
    assert strokes[0][-1] == {"x": 140, "y": 200}
    assert strokes[1] == [{"x": 160, "y": 200}, {"x": 160, "y": 190}]
    assert page.locator("#hint").is_hidden()
    assert answers(page).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_the_network_sees_the_prepared_drawing(small_page, open_page):
    page = open_page(small_page.path)
    draw(page, FIVE)
    ink = np.array(page.evaluate("[...kcnn.page.drawing.paper.ink]")).reshape(280, 280)
    drawn = np.nonzero(ink > 0.5)
    for places, corners in zip(drawn[::-1], np.array(FIVE).T * 280, strict=True):
        # Half the pen's 22 dots reach beyond the outermost points.
        assert places.min() == pytest.approx(corners.min() - 11, abs=2)
        assert places.max() == pytest.approx(corners.max() + 10, abs=2)
    image = np.array(page.evaluate("[...kcnn.page.values[0]]"), np.float32).reshape(28, 28, 1)
    rows, columns = np.nonzero(image[..., 0])
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    outputs = read_layer_outputs(small_page.model, image[None] * 255)
    np.testing.assert_allclose(answers(page), outputs[-1].values[0], atol=1e-5)


def test_a_finger_draws_too(small_page, open_page):
    page = open_page(small_page.path, width=390, height=844, touch=True)
    box = page.locator("#paper").bounding_box()
    page.touchscreen.tap(box["x"] + 90, box["y"] + 120)
    assert page.evaluate("kcnn.page.drawing.strokes[0].points.length") == 1
    assert page.evaluate("kcnn.page.drawing.paper.ink.some((ink) => ink === 1)")


@pytest.fixture
def hands(small_page, open_page):
    """The page on a touch screen; functions that move a pen and a finger on the drawing area and count points."""
    page = open_page(small_page.path, width=768, height=1024, touch=True)
    box = page.locator("#paper").bounding_box()
    send = page.context.new_cdp_session(page).send

    def place(x, y):
        return {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}

    def pen(kind, x, y):
        button = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
        send("Input.dispatchMouseEvent", {"type": kind, "pointerType": "pen", **place(x, y), **button})

    def finger(kind, *shares, number=0):
        points = [{**place(*shares), "id": number}] if shares else []
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def strokes():
        return page.evaluate("kcnn.page.drawing.strokes.map(({ points }) => points.length)")

    return pen, finger, strokes


def test_a_palm_does_not_cut_or_continue_the_stroke_of_a_pen(hands):
    pen, finger, strokes = hands
    pen("mousePressed", 0.3, 0.2)
    finger("touchStart", 0.8, 0.8)
    finger("touchMove", 0.8, 0.7)
    pen("mouseMoved", 0.3, 0.4)
    finger("touchEnd")
    pen("mouseMoved", 0.3, 0.6)
    pen("mouseReleased", 0.3, 0.6)
    assert strokes() == [3]
    pen("mouseMoved", 0.5, 0.6)
    assert strokes() == [3]


def test_a_pen_draws_beside_a_palm_that_came_first(hands):
    pen, finger, strokes = hands
    finger("touchStart", 0.8, 0.8)
    pen("mousePressed", 0.3, 0.2)
    finger("touchMove", 0.8, 0.7)
    pen("mouseMoved", 0.3, 0.4)
    assert strokes() == [1, 2]
    finger("touchEnd")
    pen("mouseMoved", 0.3, 0.6)
    assert strokes() == [1, 3]


def test_a_second_finger_does_not_cut_the_stroke(hands):
    _, finger, strokes = hands
    finger("touchStart", 0.3, 0.2)
    finger("touchStart", 0.8, 0.8, number=1)
    finger("touchEnd", 0.8, 0.8, number=1)
    finger("touchMove", 0.3, 0.6)
    finger("touchEnd")
    (points,) = strokes()
    assert points > 1


@pytest.mark.parametrize("end", ["touchCancel", "touchEnd"])
def test_a_finger_draws_again_after_its_stroke_has_ended(hands, end):
    _, finger, strokes = hands
    for _ in range(2):
        finger("touchStart", 0.3, 0.2)
        finger(end)
    assert strokes() == [1, 1]


def test_pointing_at_a_map_shows_the_dot_product(small_page, open_page):
    page = open_page(small_page.path)
    canvas = maps(page, "conv_1")
    canvas.scroll_into_view_if_needed()
    layout = page.evaluate("kcnn.page.views[0].layout")
    row, column, channel = 12, 9, 1
    x = channel * (layout["width"] * layout["cell"] + layout["gap"]) + (column + 0.5) * layout["cell"]
    canvas.hover(position={"x": x, "y": layout["head"] + (row + 0.5) * layout["cell"]})
    panel = page.locator("#explanation")
    assert f"map {channel}, row {row}, column {column}" in panel.text_content()
    sample = small_page.data["samples"][0]
    image = np.frombuffer(base64.b64decode(sample["pixels"]), np.uint8).reshape(28, 28) / 255
    kernel, bias = small_page.model.get_layer("conv_1").get_weights()
    products = image[row : row + 3, column : column + 3] * kernel[..., 0, channel]
    shown = [float(text.replace("−", "-")) for text in panel.locator(".cell").all_text_contents()]
    np.testing.assert_allclose(shown[18:], products.reshape(-1), atol=0.0051)  # two digits are shown
    result = panel.locator(".result span").last.text_content().replace("−", "-")
    assert float(result) == pytest.approx(products.sum() + bias[channel], abs=0.0006)
    style = "document.getElementById('field').style"
    field = page.evaluate(f"[{style}.top, {style}.left, {style}.height, {style}.width].map(parseFloat)")
    assert f"+ bias{bias[channel]:.3f}".replace("-", "−") in panel.text_content()
    number, canvas_box = page.locator(".layer .mark.number").first.bounding_box(), canvas.bounding_box()
    # The border of two pixels lies around the number's square.
    assert number["x"] + 2 - canvas_box["x"] == pytest.approx(x - layout["cell"] / 2, abs=0.5)
    assert number["y"] + 2 - canvas_box["y"] == pytest.approx(layout["head"] + row * layout["cell"], abs=0.5)
    scale = page.evaluate("kcnn.page.bench.imageScale()")
    assert [side / scale for side in field] == [row, column, 3, 3]


def test_the_winner_of_a_pooling_window_is_marked(small_page, open_page):
    page = open_page(small_page.path)
    maps(page, "pool_1").focus()
    page.keyboard.press("ArrowDown")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
    assert "row 7, column 6" in page.locator("#explanation").text_content()
    cells = page.locator("#explanation .cell")
    values = [float(text.replace("−", "-")) for text in cells.all_text_contents()]
    winner = page.locator("#explanation .cell.winner")
    assert float(winner.text_content().replace("−", "-")) == max(values)
    window = page.evaluate("kcnn.page.views[1].marks[1].hidden")
    assert window is False


def test_the_keyboard_moves_within_a_map_and_between_maps(small_page, open_page):
    page = open_page(small_page.path)
    canvas = maps(page, "relu_1")
    canvas.focus()
    said = page.locator("#explanation h2")
    for key, expected in [
        ("ArrowRight", "map 0, row 0, column 1"),
        ("ArrowDown", "map 0, row 1, column 1"),
        ("PageDown", "map 1, row 1, column 1"),
        ("ArrowLeft", "map 1, row 1, column 0"),
        ("ArrowLeft", "map 1, row 1, column 0"),
        ("PageUp", "map 0, row 1, column 0"),
        ("ArrowUp", "map 0, row 0, column 0"),
    ]:
        canvas.press(key)
        assert expected in said.text_content()


def test_a_click_pins_until_escape(small_page, open_page):
    page = open_page(small_page.path)
    canvas = maps(page, "conv_1")
    canvas.click(position={"x": 20, "y": 60})
    pinned = page.locator("#explanation h2").text_content()
    canvas.hover(position={"x": 80, "y": 70})
    assert page.locator("#explanation h2").text_content() == pinned
    page.keyboard.press("Escape")
    canvas.hover(position={"x": 90, "y": 75})
    assert page.locator("#explanation h2").text_content() != pinned


@pytest.mark.slow
def test_every_step_can_be_explained(write_page, build_everything, open_page):
    page = open_page(write_page(build_everything()).path)
    for number, step in enumerate(page.evaluate("kcnn.network.steps.map(({ kind }) => kind)")):
        if step != "flatten":
            page.evaluate("(number) => kcnn.page.choose(number, 3)", number)
            assert page.locator("#explanation .result").count() == 1


def test_tabs_and_the_lectures_convolution(small_page, open_page):
    page = open_page(small_page.path)
    page.locator("#tab-network").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#convolution").is_visible()
    assert page.locator("#network").is_hidden()
    for name, kernel in FILTERS.items():
        page.select_option("#kernel-choice", name)
        page.locator("#step").fill("25")
        expected = convolve(LECTURE_IMAGE.pixels, kernel.numerators).reshape(-1)
        ending = "" if kernel.denominator == 1 else f"/{kernel.denominator}"
        shown = page.locator("#lecture-output .cell").all_text_contents()
        assert shown == [f"{number}{ending}".replace("-", "−") for number in expected]


@pytest.mark.slow
def test_the_kernel_and_the_image_can_be_changed(small_page, open_page):
    page = open_page(small_page.path)
    page.click("#tab-convolution")
    page.select_option("#kernel-choice", "identity")
    page.get_by_label("kernel, row 1, column 1").fill("-2.5")
    assert page.locator("#kernel-choice").input_value() == ""
    page.click("#lecture-image .cell >> nth=8")
    assert page.locator("#step-sum").text_content().endswith("1·(−2.5) + 1·0 + 0·0 + 1·0 + 1·0 = −2.5")
    page.click("#step-on")
    assert "Step 2 of 25: output row 0, column 1" in page.locator("#step-number").text_content()
    assert page.locator("#lecture-output .cell").all_text_contents().count("") == 23
    page.click("#lecture-reset")
    assert page.locator("#lecture-image .cell >> nth=8").text_content() == "0"
    page.click("#play")
    page.locator("#step-number", has_text="Step 4 of 25").wait_for()
    page.click("#play")
    assert page.locator("#play").text_content() == "Play"


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_overlaps_or_is_cut_off(small_page, open_page, width, height):
    page = open_page(small_page.path, width=width, height=height)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    for tab in ("network", "convolution", "learn"):
        page.click(f"#tab-{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        assert page.evaluate(OVERLAPS) == [], tab


@pytest.mark.parametrize(("width", "height"), SMALL)
def test_a_finger_can_scroll_past_the_drawing_area(small_page, open_page, width, height):
    page = open_page(small_page.path, width=width, height=height, touch=True)
    box = page.locator("#paper").bounding_box()
    assert box["y"] + box["height"] <= height
    # Only the drawing area takes the finger's movement for itself. Below it or beside it there is room for one.
    assert box["y"] + box["height"] + 40 <= height or box["x"] + box["width"] + 100 <= width
    assert page.evaluate("getComputedStyle(document.querySelector('.sight')).touchAction") == "auto"


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_mouse_gets_explanations_in_a_small_window_too(small_page, open_page, share):
    page = open_page(small_page.path, width=640, height=400)
    panel = page.locator(".inspector")
    assert panel.is_hidden()
    canvas = maps(page, "pool_1")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = box["x"] + share * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    assert "pool_1" in panel.text_content()
    shown = panel.bounding_box()
    assert not shown["x"] <= x <= shown["x"] + shown["width"]
    assert shown["y"] >= 0
    assert shown["y"] + shown["height"] <= 400
    page.mouse.move(shown["x"] + shown["width"] / 2, shown["y"] + shown["height"] / 2)
    page.wait_for_timeout(600)
    assert panel.is_visible()
    page.mouse.move(2, 2)
    panel.wait_for(state="hidden")


@pytest.mark.slow
def test_the_answer_is_announced_once_after_a_stroke(small_page, open_page):
    page = open_page(small_page.path)
    region = page.get_by_role("status")
    page.evaluate(
        "window.said = []; new MutationObserver(() => said.push(1)).observe("
        "document.getElementById('spoken-answer'), { childList: true, subtree: true })"
    )
    draw(page, FIVE)
    answer = page.locator("#answer").text_content()
    page.wait_for_timeout(1200)
    assert region.text_content().startswith(f"The network's answer: {answer}, ")
    assert len(page.evaluate("said")) <= 2  # the test image that was shown first, and the drawing


def test_forced_colors_keep_the_bars_and_the_chosen_tab(small_page, open_page):
    page = open_page(small_page.path)
    page.emulate_media(forced_colors="active")
    color = "(each) => getComputedStyle(each).backgroundColor"
    assert page.locator(".best .bar").evaluate(color) != page.locator(".best .track").evaluate(color)
    assert page.locator("#tab-network").evaluate(color) != page.locator("#tab-convolution").evaluate(color)


@pytest.mark.parametrize(("name", "before"), [("conv_1", None), ("pool_1", "relu_1")])
def test_the_panel_colors_numbers_as_the_pictures_do(small_page, open_page, name, before):
    page = open_page(small_page.path)
    number = page.evaluate("(name) => kcnn.network.steps.findIndex((step) => step.name === name)", name)
    found = page.evaluate(
        """([number, before]) => {
          const { views } = kcnn.page;
          const output = kcnn.page.values[number + 1];
          const index = output.indexOf(Math.max(...output)); // the middle of the window is far from the largest number
          kcnn.page.choose(number, index);
          const { row, column, channel } = kcnn.placeOf(kcnn.network.steps[number].shape, index);
          const stride = before ? 2 : 1;
          const view = before && views[number - 1];
          const canvas = before ? view.canvas : document.getElementById("image");
          const cell = before ? view.layout.cell : kcnn.page.bench.imageScale();
          const corner = before ? view.corner(channel) : { left: 0, top: 0 };
          const side = before ? 2 : 3;
          const cells = [...document.querySelectorAll("#explanation .cell")].slice(0, side * side);
          return cells.map((each, at) => {
            const x = corner.left + (column * stride + (at % side) + 0.5) * cell;
            const y = corner.top + (row * stride + Math.floor(at / side) + 0.5) * cell;
            const [red, green, blue] = canvas.getContext("2d").getImageData(x, y, 1, 1).data;
            return [getComputedStyle(each).backgroundColor, `rgb(${red}, ${green}, ${blue})`];
          });
        }""",
        [number, before],
    )
    assert len(found) in (4, 9)
    assert all(shown == painted for shown, painted in found)


@pytest.mark.slow
def test_the_page_itself_says_that_few_people_wrote_its_digits(write_page, trained_run, open_page):
    model = trained_run.load_model()
    page = open_page(write_page(model).path)
    assert "only 13 people wrote, and will often misread" in page.locator(".bench .caution").text_content()
    page = open_page(write_page(model, hyperparameters={"augment": "handwriting"}).path)
    assert "may misread" in page.locator(".bench .caution").text_content()
    assert open_page(write_page(model, dataset="mnist").path).locator(".bench .caution").is_hidden()


# Texts and pictures that lie on top of each other, or reach beyond their card; marks and the hint are meant to.
OVERLAPS = """
() => {
  const seen = [...document.querySelectorAll("h1, h2, h3, p, button, input, select, canvas, li, label, figcaption")]
    .filter((each) => each.getClientRects().length && each.textContent + each.tagName !== "P")
    .filter((each) => each.id !== "hint" && !each.closest(".numbers") && !each.querySelector("input, button, canvas"));
  const found = [];
  for (const one of seen) {
    const a = one.getBoundingClientRect();
    if (a.right > document.documentElement.clientWidth + 1 || a.left < -1) found.push(`${one.outerHTML} is cut off`);
    for (const other of seen) {
      if (one === other || one.contains(other) || other.contains(one)) continue;
      const b = other.getBoundingClientRect();
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const floating = ".inspector, .page-header, .bench"; // these may cover content that scrolls below them
      if (across > 1 && down > 1 && one.closest(floating) === other.closest(floating)) {
        found.push(`${one.outerHTML.slice(0, 90)} and ${other.outerHTML.slice(0, 90)}`);
      }
    }
  }
  return found;
}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tab", "scheme", "width"),
    [
        ("network", "light", 320),
        ("network", "dark", 1280),
        ("convolution", "light", 1920),
        ("convolution", "dark", 320),
        ("learn", "light", 768),
        ("learn", "dark", 320),
    ],
)
def test_axe_finds_no_serious_fault(small_page, open_page, axe, tab, scheme, width):
    page = open_page(small_page.path, scheme=scheme, width=width)
    page.click(f"#tab-{tab}")
    for summary in page.locator("summary:visible").all():
        summary.click()
    assert axe(page) == []
