import numpy as np
import pytest

from keras_cnn_course.homework.authoring.comparison import agrees, describe_difference, number_text


@pytest.mark.parametrize(
    ("result", "expected", "same"),
    [
        (1.0 + 1e-5, 1.0, True),
        (1.0 + 1e-4, 1.0, False),
        (np.float32(1 + 1e-5), 1.0, True),
        (np.float32(1 + 1e-4), 1.0, False),
        (1e-6, 0.0, True),  # what should cancel need not be exactly 0
        (1e-4, 0.0, False),
        (0.1111, 1 / 9, False),  # four digits of a constant are too few
        (0.11111, 1 / 9, True),
        (np.nan, 1.0, False),
        (np.inf, np.inf, True),
        (True, 1.0, True),
        (3, 3.0, True),
        (3.0, 3, True),
        (13.000000000000002, 13, True),
        (np.float32(2_774_858), 2_774_858, True),
        (2_774_860, 2_774_858, False),
        (2_774_858.5, 2_774_858, False),
    ],
)
def test_tolerances(result, expected, same):
    assert agrees(np.array(result), np.array(expected)) == same


def test_a_small_number_among_large_ones_may_carry_their_rounding():
    assert agrees(np.array([1000.0, 5e-3]), np.array([1000.0, 0.0]))
    assert not agrees(np.array([1000.0, 5e-2]), np.array([1000.0, 0.0]))


def test_shapes_count():
    assert not agrees(np.zeros((2, 1)), np.zeros(2))
    assert describe_difference(np.zeros((2, 1)), np.zeros(2)) == "The shape is (2, 1) instead of (2,)."


def test_the_first_difference_is_reported():
    result, expected = np.array([[1.0, 5.0], [3.0, 9.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    seen = describe_difference(result, expected)
    assert seen == "The shape (2, 2) is correct, but [0, 1] is 5.0 instead of 2.0 (2 of 4 numbers differ)."
    assert describe_difference(expected, expected) == ""
    assert describe_difference(np.array(3), np.array(4.0)) == "The result is 3 instead of 4.0."


def test_nothing_of_size_zero_differs():
    assert agrees(np.zeros((0, 3)), np.zeros((0, 3)))


def test_numbers_are_short():
    assert [number_text(value) for value in (1e-7, 123456789.0, -0.5, 7)] == ["1e-07", "1.23457e+08", "-0.5", "7"]
