import doctest
import math

import pytest

from keras_cnn_course.training import verify as module
from keras_cnn_course.training.verify import accuracy_band


def test_doctests():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(("accuracy", "examples"), [(0.5, 10_000), (0.9, 1000)])
def test_the_band_is_four_standard_errors(accuracy, examples):
    # The correction of Agresti and Coull matters less than 2 % from 1,000 images on.
    expected = 4 * math.sqrt(accuracy * (1 - accuracy) / examples)
    assert accuracy_band(accuracy, examples) == pytest.approx(expected, rel=0.02)


def test_the_band_of_a_perfect_result_is_not_empty():
    assert 0 < accuracy_band(1.0, 360) < 0.03
