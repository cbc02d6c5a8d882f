"""One page of several networks, in Chromium."""

import base64

import numpy as np
import pytest

REACH = 4


@pytest.fixture
def page(several_page, open_page):
    return open_page(several_page.path)


@pytest.fixture(scope="module")
def models(several_page):
    return [several_page.model, several_page.others["softmax-001"]]


def sample_of(several_page, number=0):
    sample = several_page.data["samples"][number]
    return np.frombuffer(base64.b64decode(sample["pixels"]), np.uint8).reshape(28, 28, 1)


def answer_all_moves(model, image):
    """Return the answers of a Keras model to an image moved by up to four pixels, `(9, 9)`."""
    padded = np.pad(image, ((REACH, REACH), (REACH, REACH), (0, 0)))
    size = 2 * REACH + 1
    # To move the image down, the window moves up.
    moved = [
        padded[size - 1 - down : size - 1 - down + 28, size - 1 - right : size - 1 - right + 28]
        for down in range(size)
        for right in range(size)
    ]
    return model(np.stack(moved) / np.float32(255)).numpy().argmax(axis=1).reshape(size, size)


def test_all_networks_answer_the_same_image(several_page, models, page):
    image = sample_of(several_page, 3)
    page.locator("#samples button").nth(3).click()
    for number, model in enumerate(models):
        expected = model(image[None] / np.float32(255)).numpy()[0]
        column = page.locator(".network").nth(number)
        assert column.locator(".verdict strong").text_content() == str(expected.argmax())
        shown = column.locator(".share").nth(expected.argmax()).text_content()
        assert float(shown.strip("<> %")) == pytest.approx(100 * expected.max(), abs=0.06)
    assert page.locator("#bars").is_hidden()


def test_moving_the_image_changes_the_answers_as_in_keras(several_page, models, page):
    answers = [answer_all_moves(model, sample_of(several_page)) for model in models]
    assert len(np.unique(answers[1])) > 1  # a regression reads single pixels
    for down, right in [(0, 0), (0, 1), (1, 1), (1, 0), (2, 0)]:
        page.evaluate("(shift) => kcnn.page.bench.shift.set(shift)", {"down": down, "right": right})
        for number, expected in enumerate(answers):
            shown = page.locator(".network").nth(number).locator(".verdict strong").text_content()
            assert shown == str(expected[REACH + down, REACH + right])


def test_the_map_of_moves_counts_what_keras_does_and_a_click_moves(several_page, models, page):
    captions = page.locator(".shifts figcaption")
    page.locator(".shifts figcaption", has_text="up to 4 pixels").nth(1).wait_for()
    for number, model in enumerate(models):
        answers = answer_all_moves(model, sample_of(several_page))
        changed = int((answers != answers[REACH, REACH]).sum())
        said = f"another answer at {changed} of 80 places" if changed else "always gets the same answer"
        assert said in captions.nth(number).text_content()
    canvas = page.locator(".shifts canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": 6.5 / 9 * box["width"], "y": 1.5 / 9 * box["height"]})
    assert page.locator("#moved").text_content() == "2 right, 3 up"
    assert "2 right, 3 up" in canvas.get_attribute("aria-label")


def test_the_layers_of_each_network_can_be_shown(page):
    assert page.locator("#layers h2").first.text_content().startswith("conv_1")
    page.get_by_role("button", name="Show its layers").nth(1).click()
    assert page.locator("#layers h2").nth(1).text_content().startswith("classifier")
    pressed = page.get_by_role("button", name="Show its layers", pressed=True)
    assert pressed.count() == 1
    page.click("#tab-learn")
    assert page.locator("#answers").is_hidden()
    assert page.locator("#bars").is_visible()
    page.click("#tab-network")
    assert page.locator("#layers h2").nth(1).text_content().startswith("classifier")


@pytest.mark.slow
def test_the_answers_are_announced_together(page):
    page.locator("#move-left").click()
    page.locator("#spoken-answer", has_text="moved").wait_for(state="attached")
    said = page.locator("#spoken-answer").text_content()
    assert said.startswith("The network's answer, moved 1 left: cnn-001: ")
    assert "; softmax-001: " in said


@pytest.mark.parametrize(
    "views",
    [[(320, "dark"), (1280, "light")], pytest.param([(768, "light"), (1920, "dark")], marks=pytest.mark.slow)],
    ids=["phone and laptop", "tablet and screen"],
)
def test_nothing_is_cut_off_and_axe_finds_no_serious_fault(page, check_views, views):
    check_views(page, views)
