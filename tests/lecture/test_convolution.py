"""Golden numbers of the slides, SciPy and Keras as oracles, and the loop version against the vectorized one."""

import numpy as np
import pytest
from scipy import signal

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.convolution import (
    convolve,
    convolve_by_loops,
    flip,
    output_shape,
    pad_zeros,
    take_dot_product,
)
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.material import LECTURE_IMAGE

IMAGE = LECTURE_IMAGE.pixels
SHAPES = [(7, 7), (8, 6), (3, 3), (5, 11), (1, 1), (1, 9)]


def matrix(text):
    return np.array([[int(number) for number in row.split()] for row in text.split("/")])


def test_the_image_is_that_of_the_slides():
    rows = "0000000/0011100/0111110/0111000/0111110/0011100/0000000"
    np.testing.assert_array_equal(IMAGE, matrix(rows.replace("", " ").replace(" / ", "/")))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("identity", "0 1 1 1 0 / 1 1 1 1 1 / 1 1 1 0 0 / 1 1 1 1 1 / 0 1 1 1 0"),
        ("blur", "3 5 6 5 3 / 5 8 8 6 3 / 6 9 8 7 4 / 5 8 8 6 3 / 3 5 6 5 3"),
        ("horizontal-edges", "0 1 3 1 0 / 1 1 1 3 3 / 0 0 -2 -4 -4 / 1 1 1 3 3 / 0 1 3 1 0"),
    ],
)
@pytest.mark.parametrize("function", [convolve, convolve_by_loops])
def test_the_slides_numbers(function, name, expected):
    np.testing.assert_array_equal(function(IMAGE, FILTERS[name].numerators), matrix(expected))
    scaled = function(IMAGE, FILTERS[name].kernel)
    # Ninths are rounded: nine of them sum up to within a few units in the last place.
    np.testing.assert_allclose(scaled, matrix(expected) / FILTERS[name].denominator, rtol=1e-15, atol=1e-15)


def test_padding_with_the_identity_gives_the_image_back():
    padded = pad_zeros(IMAGE, (3, 3))
    assert padded.shape == (9, 9)
    np.testing.assert_array_equal(padded[1:-1, 1:-1], IMAGE)
    assert padded.sum() == IMAGE.sum()
    np.testing.assert_array_equal(convolve(IMAGE, FILTERS["identity"].kernel, padding="same"), IMAGE)


@pytest.mark.parametrize(
    ("position", "total"),
    [((0, 0), 0), ((0, 1), 1), ((0, 2), 1), ((0, 3), 1), ((0, 4), 0), ((1, 0), 1), ((1, 1), 1)],
)
def test_the_steps_of_take_dot_product(position, total):
    row, column = position
    step = take_dot_product(IMAGE, FILTERS["identity"].kernel, row=row, column=column)
    np.testing.assert_array_equal(step.window, IMAGE[row : row + 3, column : column + 3])
    assert step.products[1, 1] == IMAGE[row + 1, column + 1]
    assert np.count_nonzero(step.products) == total
    assert step.total == total


def test_loops_and_vectors_agree_exactly_on_1000_random_integer_cases():
    random = np.random.default_rng(20)
    for _ in range(1000):
        rows, columns, depth, count = random.integers(1, 4, size=4)
        height, width = random.integers(rows, rows + 5), random.integers(columns, columns + 5)
        image = random.integers(-9, 10, size=(height, width, depth))
        kernels = random.integers(-9, 10, size=(rows, columns, depth, count))
        bias = random.integers(-9, 10, size=count)
        options = {"stride": int(random.integers(1, 4)), "padding": str(random.choice(["valid", "same"]))}
        by_loops = convolve_by_loops(image, kernels, bias, **options)
        vectorized = convolve(image, kernels, bias, **options)
        assert vectorized.dtype == by_loops.dtype == np.int64
        np.testing.assert_array_equal(vectorized, by_loops)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel_shape", [(1, 1), (3, 3), (2, 2), (1, 3), (5, 2)])
def test_scipy_agrees(shape, kernel_shape):
    random = np.random.default_rng(3)
    image, kernel = random.normal(size=shape), random.normal(size=kernel_shape)
    if all(size >= taps for size, taps in zip(shape, kernel_shape, strict=True)):
        expected = signal.correlate2d(image, kernel, mode="valid")
        np.testing.assert_allclose(convolve(image, kernel), expected, atol=1e-13)
        flipped = signal.convolve2d(image, kernel, mode="valid")
        np.testing.assert_allclose(convolve(image, flip(kernel)), flipped, atol=1e-13)
    if all(taps % 2 for taps in kernel_shape):  # SciPy centers an even kernel differently
        expected = signal.correlate2d(image, kernel, mode="same")
        np.testing.assert_allclose(convolve(image, kernel, padding="same"), expected, atol=1e-13)


@pytest.mark.parametrize("shape", [(7, 7), (8, 6), (1, 1), (5, 12)])
@pytest.mark.parametrize("depth", [1, 3, 7])
@pytest.mark.parametrize(("kernel_shape", "stride"), [((3, 3), 1), ((2, 2), 2), ((1, 4), 3), ((1, 1), 1)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_keras_agrees(started, shape, depth, kernel_shape, stride, padding):
    import keras

    if padding == "valid" and any(size < taps for size, taps in zip(shape, kernel_shape, strict=True)):
        with pytest.raises(UsageError, match="smaller than the kernel"):
            output_shape(shape, kernel_shape)
        return
    random = np.random.default_rng(5)
    image = random.normal(size=(*shape, depth)).astype(np.float32)
    kernels = random.normal(size=(*kernel_shape, depth, 4)).astype(np.float32)
    bias = random.normal(size=4).astype(np.float32)
    layer = keras.layers.Conv2D(4, kernel_shape, strides=stride, padding=padding)
    layer.build((None, *image.shape))
    layer.set_weights([kernels, bias])
    expected = np.asarray(layer(image[np.newaxis]))[0]
    # float32: at most 63 products of about 1 are summed, in another order.
    for function in (convolve, convolve_by_loops):
        np.testing.assert_allclose(function(image, kernels, bias, stride=stride, padding=padding), expected, atol=2e-5)


def test_a_layer_stacks_k_outputs_and_has_k_times_9d_plus_1_parameters():
    kernels = np.zeros((3, 3, 3, 32))
    assert convolve(np.zeros((28, 30, 3)), kernels, np.zeros(32)).shape == (26, 28, 32)
    assert kernels.size + 32 == 32 * (9 * 3 + 1)


def test_bytes_do_not_overflow():
    image = np.full((3, 3), 255, dtype=np.uint8)
    assert convolve(image, np.full((3, 3), -2, dtype=np.int8)).item() == -2 * 9 * 255


@pytest.mark.parametrize(
    ("image", "kernels", "bias", "message"),
    [
        ((5, 5), (3, 3, 1, 1), 0, "do not fit together"),
        ((5, 5, 3), (3, 3, 1, 2), 0, "do not fit together"),
        ((5, 5, 3), (3, 3, 3, 2), np.zeros(3), "one number per kernel"),
        ((2, 5), (3, 3), 0, r"image \(2x5\) is smaller than the kernel \(3x3\)"),
    ],
)
@pytest.mark.parametrize("function", [convolve, convolve_by_loops])
def test_shapes_that_do_not_fit_are_named(function, image, kernels, bias, message):
    with pytest.raises(UsageError, match=message):
        function(np.zeros(image), np.zeros(kernels), bias)


@pytest.mark.parametrize(("shape", "row"), [((1, 3), 0), ((3, 3), 1), ((4, 3), -1), ((3, 3, 1), 0)])
def test_a_step_outside_the_image_is_refused(shape, row):
    with pytest.raises(UsageError, match="does not fit into an image"):
        take_dot_product(np.ones(shape), np.ones((3, 3)), row=row, column=0)
