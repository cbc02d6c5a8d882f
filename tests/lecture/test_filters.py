import numpy as np
import pytest

from keras_cnn_course.lecture.filters import FILTERS


def test_the_slides_filters():
    assert FILTERS["identity"].numerators.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert FILTERS["horizontal-edges"].numerators.tolist() == [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]
    np.testing.assert_array_equal(FILTERS["blur"].kernel, np.full((3, 3), 1 / 9))


def test_vertical_edges_are_horizontal_ones_turned():
    np.testing.assert_array_equal(FILTERS["vertical-edges"].kernel, FILTERS["horizontal-edges"].kernel.T)


@pytest.mark.parametrize("name", FILTERS)
def test_the_sum_of_a_filter_is_its_effect_on_a_flat_image(name):
    chosen = FILTERS[name]
    keeps_brightness = name in ("identity", "blur", "sharpen")
    assert chosen.kernel.sum() == pytest.approx(1 if keeps_brightness else 0)
    assert chosen.is_signed == (name not in ("identity", "blur"))
