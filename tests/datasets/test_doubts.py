"""Doubts about writing: drawn digits have none; marks around, below and through them, and touching digits do."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from keras_cnn_course.datasets.doubts import find_doubt

DIGITS = {
    "0": [[(50, 10), (75, 30), (75, 80), (50, 100), (25, 80), (25, 30), (50, 10)]],
    "1": [[(40, 25), (55, 10), (55, 100)]],
    "2": [[(25, 30), (40, 10), (65, 10), (72, 35), (25, 98), (78, 98)]],
    "4": [[(55, 10), (20, 65), (80, 65)], [(62, 35), (62, 100)]],
    "7, with a bar": [[(20, 10), (75, 10), (40, 100)], [(35, 52), (70, 52)]],
    "8": [[(50, 10), (70, 30), (30, 75), (50, 100), (70, 75), (30, 30), (50, 10)]],
}
NINE = [[(75, 40), (50, 50), (30, 30), (50, 10), (75, 20), (70, 100)]]


def draw(*strokes, width=8):
    image = Image.new("L", (260, 180))
    for points in strokes:
        moved = [(x + 60, y + 30) for x, y in points]
        ImageDraw.Draw(image).line(moved, fill=255, width=width, joint="curve")
    ink = np.asarray(image) / 255
    rows, columns = np.nonzero(ink > 0.3)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def circle(radius):
    angles = np.radians(np.arange(0, 365, 5))
    return [(50 + radius * np.cos(angle), 55 + radius * np.sin(angle)) for angle in angles]


@pytest.mark.parametrize("width", [4, 8, 14])
@pytest.mark.parametrize("digit", DIGITS)
def test_a_plain_digit_raises_no_doubt(digit, width):
    assert find_doubt(draw(*DIGITS[digit], width=width)) == ""


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize(
    ("marks", "doubt"),
    [
        ([circle(68)], "closed line surrounds"),
        ([[(10, 118), (90, 120)]], "line below"),
        ([[(10, 0), (90, 110)], [(10, 110), (90, 0)]], "crosses"),
    ],
    ids=["circle", "line below", "cross"],
)
def test_a_mark_is_named(digit, marks, doubt):
    assert doubt in find_doubt(draw(*DIGITS[digit], *marks))


@pytest.mark.parametrize("line", [[(0, 55), (100, 58)], [(2, 98), (98, 12)]], ids=["flat", "slanted"])
@pytest.mark.parametrize("digit", ["0", "2"])
def test_a_single_line_through_a_digit_is_named(digit, line):
    assert "crosses" in find_doubt(draw(*DIGITS[digit], line))


@pytest.mark.parametrize("first", ["0", "2", "4", "7, with a bar"])
def test_two_digits_that_touch_are_asked_about(first):
    """The second one begins where the first one ends. With a 1 they would be no wider than a digit."""
    reach = max(x for stroke in DIGITS[first] for x, _ in stroke)
    second = [[(x - 30 + reach + 4, y) for x, y in stroke] for stroke in NINE]
    assert "two digits" in find_doubt(draw(*DIGITS[first], *second))


def test_more_loops_than_a_digit_has_are_named():
    grid = [[(20, 10), (80, 10), (80, 100), (20, 100), (20, 10)], [(20, 40), (80, 40)], [(20, 70), (80, 70)]]
    assert "more loops" in find_doubt(draw(*grid))


def test_nothing_is_said_about_nothing():
    assert find_doubt(np.zeros((20, 20))) == ""
