import numpy as np
import pytest
from scipy import ndimage

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.lecture.shift import measure_change, measure_equivariance, shift_image

SHIFTS = [(0, 0), (1, 0), (-2, 3), (0, -4), (3, 3), (9, 0), (0, -20)]


@pytest.mark.parametrize(("rows", "columns"), SHIFTS)
@pytest.mark.parametrize("shape", [(8, 9), (5, 5, 3), (1, 1)])
def test_scipy_shifts_likewise(rows, columns, shape):
    image = np.random.default_rng(0).integers(0, 255, size=shape)
    moved = ndimage.shift(image, (rows, columns, 0)[: len(shape)], order=0)
    np.testing.assert_array_equal(shift_image(image, rows=rows, columns=columns), moved)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize(("rows", "columns"), SHIFTS[:5])
def test_a_convolution_is_exactly_equivariant(name, rows, columns):
    image = np.random.default_rng(1).integers(0, 255, size=(12, 14))
    kernel = FILTERS[name].numerators
    assert measure_equivariance(lambda pixels: convolve(pixels, kernel), image, rows=rows, columns=columns) == 0
    same = measure_equivariance(
        lambda pixels: convolve(pixels, kernel, padding="same"), image, rows=rows, columns=columns, border=1
    )
    assert same == 0


def test_what_depends_on_the_place_is_not_equivariant():
    weights = np.arange(36).reshape(6, 6)
    gap = measure_equivariance(lambda pixels: pixels * weights, np.ones((6, 6), dtype=int), rows=0, columns=1)
    assert gap == 1


def test_nothing_left_to_compare_is_refused():
    with pytest.raises(UsageError, match="smaller shift"):
        measure_equivariance(lambda pixels: pixels, np.ones((4, 4)), rows=2, columns=0, border=1)
    with pytest.raises(UsageError, match="smaller shift"):
        measure_equivariance(lambda pixels: pixels, np.ones((4, 4)), rows=-5, columns=0)


def test_bytes_do_not_wrap_around():
    image = np.array([[0, 200, 0, 0]], dtype=np.uint8)
    assert measure_equivariance(lambda pixels: pixels[:, ::-1], image, rows=0, columns=1) == 200
    assert measure_change(lambda pixels: pixels, image, rows=0, columns=1) == 1


def test_pooling_is_invariant_within_its_window_only():
    image = np.zeros((4, 4))
    image[0, 0] = 5
    assert measure_change(max_pool, image, rows=1, columns=1) == 0
    assert measure_change(max_pool, image, rows=0, columns=2) == 1
    assert measure_change(lambda pixels: pixels, image, rows=1, columns=1) == 1


def test_two_empty_maps_do_not_differ():
    assert measure_change(lambda pixels: pixels, np.zeros((3, 3)), rows=1, columns=0) == 0
