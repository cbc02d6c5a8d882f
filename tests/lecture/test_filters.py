import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.filters import FILTERS, parse_filter


def test_the_slides_filters():
    assert FILTERS["identity"].numerators.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert FILTERS["horizontal-edges"].numerators.tolist() == [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]
    np.testing.assert_array_equal(FILTERS["blur"].kernel, np.full((3, 3), 1 / 9))


def test_vertical_edges_are_horizontal_ones_turned():
    np.testing.assert_array_equal(FILTERS["vertical-edges"].kernel, FILTERS["horizontal-edges"].kernel.T)


@pytest.mark.parametrize("name", FILTERS)
def test_a_name_gives_the_filter_and_its_sum_is_its_effect_on_a_flat_image(name):
    chosen = parse_filter(name)
    assert chosen is FILTERS[name]
    keeps_brightness = name in ("identity", "blur", "sharpen")
    assert chosen.kernel.sum() == pytest.approx(1 if keeps_brightness else 0)
    assert chosen.is_signed == (name not in ("identity", "blur"))


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
        ("", "rows of 0"),
        ("1 2; 3", "rows of 2, 1"),
        ("1 2; ; 3 4", "rows of 2, 0, 2"),
        ("1 x", "No filter named"),
        ("1/0 1", "No filter named"),
        ("nan 1", "No filter named"),
        ("inf 1", "No filter named"),
        ("1e9 0", "Use fewer digits"),
        ("3.14159265", "Use fewer digits"),
        (" ".join(["1"] * 32), "at most 31x31"),
    ],
)
def test_what_is_no_filter_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        parse_filter(text)
