import numpy as np
import pytest

from keras_cnn_course.lecture.matrix_text import (
    Window,
    beside,
    describe_numbers,
    format_number,
    matrix_lines,
    page_of,
    readable_lines,
    stack,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-4.0, "-4"),
        (1 / 3, "0.333"),
        (-0.0, "0"),
        (12.25, "12.2"),
        (-1602.6, "-1603"),
        (2e-17, "2e-17"),
        (np.inf, "inf"),
        (-np.inf, "-inf"),
        (np.nan, "nan"),
    ],
)
def test_numbers_are_short(value, text):
    assert format_number(value) == text


def test_a_window_stands_in_brackets_and_what_is_not_known_is_a_dot():
    lines = matrix_lines(np.arange(9).reshape(3, 3), window=Window(0, 0, 2, 2), filled=5)
    assert lines == ["[0 1]2 ", "[3 4]. ", " . . . "]


def test_columns_are_aligned():
    lines = matrix_lines(np.array([[1, -10], [100, 0]]))
    assert lines == ["   1 -10 ", " 100   0 "]
    assert matrix_lines(np.array([[True, False]])) == [" # . "]


def test_blocks_stand_beside_each_other_at_half_height_or_at_the_top():
    assert stack(beside(["a", "b", "c"], "=")) == "a\nb  =\nc"
    assert stack(beside(["a", "b", "c"], "=", align="top")) == "a  =\nb\nc"


def test_blocks_too_wide_for_a_page_stand_below_each_other():
    wide = ["-" * 40]
    assert beside(wide, "->", wide) == [*wide, "->", *wide]
    with page_of(86):
        assert len(beside(wide, "->", wide)) == 1
    assert len(beside(wide, "->", ["-"])) == 1


def test_a_large_matrix_is_described():
    matrix = np.arange(1600).reshape(40, 40)
    assert readable_lines(matrix) == [f"[{describe_numbers(matrix)}]"]
    assert describe_numbers(matrix) == "40x40 numbers from 0 to 1599, mean 800"
    with page_of(200):
        assert len(readable_lines(matrix[:34, :34])) == 34
    assert len(readable_lines(matrix[:34, :34])) == 3 * 35
