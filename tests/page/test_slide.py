"""Slides of the lecture as pages, in Chromium, against NumPy."""

import re
from html import unescape

import numpy as np
import pytest

import keras_cnn_course as kcnn
from keras_cnn_course.lecture.convolution import convolve, pad_zeros
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.material import LECTURE_IMAGE, prepare_material
from keras_cnn_course.lecture.pooling import average_pool, max_pool
from keras_cnn_course.lecture.slides import step_through, work_out
from keras_cnn_course.page.slide import build_slide

IMAGE = LECTURE_IMAGE.pixels
EDGES = convolve(IMAGE, FILTERS["horizontal-edges"].kernel)
RELU = np.maximum(EDGES, 0)
# What the last board of the last step shows, by NumPy; the board before it where two are side by side.
LAST = {
    "convolution": [IMAGE[1:6, 1:6]],
    "padding": [IMAGE],
    "blur": [convolve(IMAGE, np.ones((3, 3), int))],
    "edges": [EDGES],
    "layer": [np.zeros((5, 5))],
    "relu": [RELU],
    "pooling": [max_pool(RELU), average_pool(RELU)],
    "max-pooling": [max_pool(RELU)],
    "receptive-field": [max_pool(RELU)],
    "pool-again": [max_pool(max_pool(RELU))],
    "block": [np.zeros((5, 5)), np.zeros((2, 2))],
}


@pytest.fixture(scope="module")
def write_slide(tmp_path_factory):
    """A function that writes the page of a slide."""
    folder = tmp_path_factory.mktemp("slides")

    def write(key):
        path = folder / f"{key}.html"
        if not path.exists():
            path.write_text(build_slide(key, prepare_material(key)), encoding="utf-8")
        return path

    return write


def read_boards(page):
    """Return the matrices on the page; an empty cell is None."""
    tables = page.evaluate(
        "[...document.querySelectorAll('table')].map((table) => [...table.rows].map((row) => "
        "[...row.cells].map((cell) => cell.textContent.replace('−', '-'))))"
    )
    return [[[float(text) if text else None for text in row] for row in rows] for rows in tables]


@pytest.mark.parametrize("key", LAST)
def test_the_last_step_of_each_slide_shows_what_numpy_computes(key):
    step = step_through(key, prepare_material(key))[-1]
    for board, expected in zip(step.boards[-len(LAST[key]) :], LAST[key], strict=True):
        np.testing.assert_allclose(board.numbers, expected, atol=1e-12)
        assert board.filled in (None, expected.size)


@pytest.mark.parametrize("key", ["convolution", "max-pooling"])
def test_the_steps_say_the_numbers_that_the_terminal_prints(key):
    material = prepare_material(key)
    steps, frames = step_through(key, material), work_out(key, material)
    assert len(steps) == len(frames)
    numbers = [re.findall(r"-?[\d.]*\d", step.result)[-1] for step in steps[2:]]
    assert all(f" {number}" in frame for number, frame in zip(numbers, frames[2:], strict=True))


def test_a_filter_of_ninths_says_the_sum_and_what_it_becomes():
    first = step_through("blur", prepare_material("blur"))[0]
    assert first.result == "The sum of the products is 1/9 * 3 = 0.333."
    assert first.boards[1].name == "filter blur, times 1/9"


@pytest.mark.slow
def test_a_slide_goes_through_its_steps_by_buttons_and_keys(write_slide, open_page):
    page = open_page(write_slide("padding"), width=320, height=568)
    said = page.locator("#said")
    assert said.text_content().startswith("Step 1 of 49: output pixel (0, 0).")
    padded = pad_zeros(IMAGE, (3, 3))
    boards = read_boards(page)
    np.testing.assert_array_equal(boards[0], padded)
    assert sum(number is not None for row in boards[3] for number in row) == 1
    page.click("#on")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert said.text_content().startswith("Step 4 of 49: output pixel (0, 3).")
    inside = page.locator("table").first.locator(".inside").count()
    assert inside == 9
    page.click("#back")
    assert "Step 3 of 49" in said.text_content()
    page.keyboard.press("End")
    np.testing.assert_array_equal(read_boards(page)[3], IMAGE)
    page.locator("#step").focus()
    page.keyboard.press("Home")
    assert "Step 1 of 49" in said.text_content()
    page.click("#play")
    assert said.get_attribute("aria-live") == "off"
    page.locator("#title", has_text="Step 2 of 49").wait_for()
    page.click("#play")
    assert said.get_attribute("aria-live") == "polite"
    assert page.locator("#play").text_content() == "Play"


@pytest.mark.parametrize(("key", "scheme"), [("padding", "light"), ("loss", "dark")])
def test_a_slide_fits_small_and_large_windows_and_axe_finds_no_fault(write_slide, open_page, axe, key, scheme):
    page = open_page(write_slide(key), width=320, height=568, scheme=scheme)
    for width in (1920, 768, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    assert axe(page) == []
    heights = page.evaluate(
        "[...document.querySelectorAll('button, input, summary')].filter((each) => each.getClientRects().length)"
        ".map((each) => each.offsetHeight)"
    )
    assert all(height >= 24 for height in heights)


def test_a_slide_works_in_a_frame(write_slide, open_page, tmp_path):
    source = write_slide("max-pooling").read_text()
    frame = source.replace("&", "&amp;").replace('"', "&quot;")
    host = tmp_path / "host.html"
    host.write_text(
        f'<!doctype html><title>host</title><iframe title="slide" width="600" height="500" srcdoc="{frame}">'
    )
    page = open_page(host)
    inner = page.frame_locator("iframe")
    for _ in range(5):
        inner.locator("#on").click()
    assert "Step 6 of 6: window 4 of 4. The largest of 0, 0, 1, 3 is 3." in inner.locator("#said").text_content()
    assert inner.locator("table").last.text_content().endswith("1313")


@pytest.mark.parametrize("key", ["loss", "relu"])
def test_a_slide_has_its_steps_or_its_picture_and_its_numbers(write_slide, key):
    html = unescape(write_slide(key).read_text())
    assert "http://" not in re.sub(r"base64,[\w+/=]+", "", html)
    assert ("<picture>" in html) is (key == "loss")
    assert ("<details>" in html) is (key == "relu")
    assert work_out(key, prepare_material(key))[0].splitlines()[0] in html


def test_the_command_and_the_function_write_the_same_page(tmp_path):
    from click.testing import CliRunner

    from keras_cnn_course.cli import kcnn as command_line

    out = tmp_path / "typed.html"
    done = CliRunner().invoke(command_line, ["lecture", "relu", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert '<iframe src="typed.html" title="Max Pooling: after ReLU"' in done.stdout
    assert kcnn.slide("relu").page(tmp_path / "called.html").read_bytes() == out.read_bytes()
