"""Pages on which nothing is drawn: color images, and gray images of other things than writing, in Chromium."""

import base64

import numpy as np
import pytest


@pytest.fixture
def page(color_page, open_page):
    return open_page(color_page.path)


def pixels_of(color_page, number):
    sample = color_page.data["samples"][number]
    return np.frombuffer(base64.b64decode(sample["pixels"]), np.uint8).reshape(12, 16, 3)


def test_choosing_an_image_gives_the_answer_of_keras_with_its_name(color_page, page):
    names = color_page.data["classes"]
    for number, sample in list(enumerate(color_page.data["samples"]))[::4]:
        page.locator("#samples button").nth(number).click()
        image = pixels_of(color_page, number)
        expected = color_page.model(image[None] / np.float32(255)).numpy()[0]
        received = page.evaluate("[...kcnn.page.values[kcnn.page.values.length - 1]]")
        np.testing.assert_allclose(received, expected, atol=1e-5)  # float32 sums in another order
        assert page.locator("#answer").text_content() == names[expected.argmax()]
        assert page.locator("#shown-image").text_content() == (
            f"test image {sample['index']}, class {names[sample['label']]}"
        )
        assert page.locator("#samples button[aria-pressed=true]").count() == 1
    assert page.get_by_role("status").first.text_content() == ""  # said after a pause


def test_the_next_image_is_a_key_press_away(color_page, page):
    page.locator("#next-image").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("kcnn.page.bench.samples.number") == 1
    page.click("#previous-image")
    page.click("#previous-image")
    assert page.evaluate("kcnn.page.bench.samples.number") == len(color_page.data["samples"]) - 1


def test_the_picture_is_shown_in_its_colors(color_page, page):
    image = pixels_of(color_page, 0)
    for name, canvas, scale in (("paper", 280, 280 / 16), ("image", None, 7)):
        top = (280 - 12 * scale) / 2 if canvas else 0
        found = page.evaluate(
            """([name, top, scale]) => {
              const context = document.getElementById(name).getContext("2d");
              return [[0, 0], [5, 9], [11, 15]].map(([row, column]) =>
                [...context.getImageData((column + 0.5) * scale, top + (row + 0.5) * scale, 1, 1).data].slice(0, 3));
            }""",
            [name, top, scale],
        )
        np.testing.assert_array_equal(found, image[[0, 5, 11], [0, 9, 15]])


def test_nothing_can_be_drawn(page):
    before = page.evaluate("[...kcnn.page.pixels]")
    page.locator("#paper").click()
    assert page.evaluate("[...kcnn.page.pixels]") == before
    for name in ("#drawing-tools", "#hint", "#draw-instead", "#tab-learn"):
        assert page.locator(name).is_hidden(), name
    assert page.locator("#paper").evaluate("(paper) => getComputedStyle(paper).touchAction") == "auto"


def test_the_panel_adds_up_the_three_colors(color_page, page):
    """A number of conv_1, behind a Rescaling, against the sums of NumPy."""
    row, column, unit = 3, 5, 2
    page.evaluate("(index) => kcnn.page.choose(1, index)", (row * 14 + column) * 4 + unit)
    kernel, bias = color_page.model.get_layer("conv_1").get_weights()
    window = 1.5 * pixels_of(color_page, 0)[row : row + 3, column : column + 3] / 255
    sums = (window * kernel[..., unit]).sum(axis=(0, 1))
    terms = page.locator("#explanation .term span:last-child").all_text_contents()
    shown = [float(text.replace("−", "-")) for text in terms]
    np.testing.assert_allclose(shown, [*sums, sums.sum(), bias[unit], sums.sum() + bias[unit]], atol=6e-4)
    panel = page.locator("#explanation")
    for name in ("red", "green", "blue"):
        assert f"sum of the products, {name}" in panel.text_content()
    page.get_by_label("next color").click()
    page.get_by_label("green adds").click()
    assert panel.locator("h3").text_content() == "green"


def test_the_colors_of_the_image_are_the_first_maps(page):
    canvas = page.locator("#layers .layer").first.locator("canvas[role=application]")
    canvas.focus()
    canvas.press("PageDown")
    assert page.locator("#explanation h2").text_content() == "image green, row 0, column 0"
    assert page.evaluate("kcnn.page.chosen.number") == -1


def test_moving_the_image_moves_what_the_network_gets(color_page, page):
    page.locator("#move-right").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("#moved").text_content() == "1 right, 2 down"
    moved = np.zeros((12, 16, 3), np.uint8)
    moved[2:, 1:] = pixels_of(color_page, 0)[:-2, :-1]
    np.testing.assert_array_equal(np.reshape(page.evaluate("[...kcnn.page.pixels]"), moved.shape), moved)
    expected = color_page.model(moved[None] / np.float32(255)).numpy()[0]
    received = page.evaluate("[...kcnn.page.values[kcnn.page.values.length - 1]]")
    np.testing.assert_allclose(received, expected, atol=1e-5)
    page.click("#move-back")
    assert page.locator("#moved").text_content() == "not moved"


@pytest.mark.parametrize(
    "views",
    [[(320, "light"), (1280, "dark")], pytest.param([(768, "dark"), (1920, "light")], marks=pytest.mark.slow)],
    ids=["phone and laptop", "tablet and screen"],
)
def test_nothing_is_cut_off_and_axe_finds_no_serious_fault(page, check_views, views):
    check_views(page, views)


def test_gray_images_that_are_not_writing_are_chosen_first_and_can_be_drawn(write_page, trained_run, open_page):
    free = {"ground": "dark", "colors": False, "placing": "free", "box": 1.0}
    page = open_page(write_page(trained_run.load_model(), appearance=free).path)
    page.locator("#paper").click()
    assert page.evaluate("kcnn.page.drawing.strokes.length") == 0
    page.click("#draw-instead")
    assert page.locator("#confidence").text_content() == "nothing drawn yet"
    page.locator("#paper").click()
    assert page.evaluate("kcnn.page.drawing.strokes.length") == 1
    assert page.locator("#drawing-tools").is_visible()
    assert page.locator("#choosing").is_hidden()
    page.locator("#samples button").nth(2).click()
    assert page.locator("#confidence").text_content().endswith("%")
