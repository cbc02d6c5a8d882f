import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.filter_text import parse_filter
from keras_cnn_course.lecture.filters import FILTERS

CROSS = [[0, 2, 0], [2, 5, 2], [0, 2, 0]]


@pytest.mark.parametrize("name", FILTERS)
def test_a_name_gives_the_filter(name):
    assert parse_filter(name) is FILTERS[name]
    assert parse_filter(name.replace("-", " ").upper()) is FILTERS[name]


@pytest.mark.parametrize(
    "text",
    [
        "0 2 0; 2 5 2; 0 2 0",
        "0 2 0, 2 5 2, 0 2 0",
        "0,2,0 2,5,2 0,2,0",
        "0, 2, 0; 2, 5, 2; 0, 2, 0;",
        "0 2 0\n2 5 2\n0 2 0\n",
        "0,2,0,\n2,5,2,\n0,2,0",
        "0 2 0;\n2 5 2;\n0 2 0",
        r"0 2 0\n2 5 2\n0 2 0",
        "0 2 0 | 2 5 2 | 0 2 0",
        "[[0, 2, 0], [2, 5, 2], [0, 2, 0]]",
        "[[0 2 0]\n [2 5 2]\n [0 2 0]]",
        "[0 2 0], [2 5 2], [0 2 0]",
        "(0 2 0) (2 5 2) (0 2 0)",
        "[0 2 0; 2 5 2; 0 2 0]",
        "{{0,2,0},{2,5,2},{0,2,0}}",
        "1/2 * [0 4 0; 4 10 4; 0 4 0]",
        "[[0, 4, 0], [4, 10, 4], [0, 4, 0]] / 2",
    ],
)
def test_the_same_rows_in_every_usual_notation(text):
    chosen = parse_filter(text)
    assert chosen.kernel.tolist() == CROSS
    assert (chosen.size, chosen.rows_text) == ("3x3", "0 2 0; 2 5 2; 0 2 0")


@pytest.mark.parametrize(
    "text",
    [
        "0 2 0 2 5 2 0 2 0",
        "0,2,0,2,5,2,0,2,0",
        "1 2 3 4",
        "0, 2, 0, 2 5 2, 0, 2, 0",
        "0,5 0,5 0,5",
        "0,5 0,5; 0,5 0,5",
        "1 2 1 / 2 4 2 / 1 2 1",
        "1 / 9 1 / 9; 1 1",
        "0,,1; 1,1,1",
        "[[0 1], [1 0]",
        "[[[0 1], [1 0]]]",
        "3 [0 1], [1 0] 2",
        "[0 1; 1 0], [1 1]",
        "[1 1; 1 1] / 0",
        "0 - 1; 1 1",
    ],
)
def test_rows_that_can_be_read_in_several_ways_are_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_filter(text)
    assert repr(text) in str(caught.value)


def test_one_row_of_a_square_number_can_be_written_in_brackets():
    assert parse_filter("[1 2 2 1]").size == "1x4"
    assert parse_filter("1; 2; 1").size == "3x1"
    assert parse_filter("1, 2, 1").size == "1x3"


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("0 1 0; 1 1 1; 0 1 0", [[0, 1, 0], [1, 1, 1], [0, 1, 0]]),
        ("1/9 2/9", [[1 / 9, 2 / 9]]),
        ("0.5, -0.25;1 , 1/3;", [[0.5, -0.25], [1, 1 / 3]]),
        (" 7 ", [[7]]),
        ("1e2 0", [[100, 0]]),
    ],
)
def test_rows_of_numbers(text, kernel):
    np.testing.assert_array_equal(parse_filter(text).kernel, kernel)


def test_fractions_stay_exact():
    chosen = parse_filter("1/9 1/6")
    assert (chosen.numerators.tolist(), chosen.denominator) == ([[2, 3]], 18)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blurr", "Did you mean 'blur'"),
        ("", "No filter named"),
        ("1 2; 3", "rows of 2, 1"),
        ("1 2; ; 3 4", "rows of 2, 0, 2"),
        ("1 x", "'x' is not a number"),
        ("1/0 1", "'1/0' is not a number"),
        ("nan 1", "'nan' is not a number"),
        ("inf 1", "'inf' is not a number"),
        ("1e999999999 1", "is not a number"),
        ("1e9 0", "Use fewer digits"),
        ("3.14159265", "Use fewer digits"),
        (" ".join(["1"] * 32), "at most 31x31"),
    ],
)
def test_what_is_no_filter_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        parse_filter(text)
