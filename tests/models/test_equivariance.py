import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.lecture.shift import measure_change
from keras_cnn_course.models.equivariance import measure_convolution_shift


def build(keras, *layers, shape=(16, 16, 1)):
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input(shape, name="image"), *layers])


@pytest.fixture
def images():
    return np.random.default_rng(3).integers(0, 256, size=(10, 16, 16, 1), dtype=np.uint8)


@pytest.mark.parametrize(
    ("options", "shifts"),
    [
        ({}, 48),
        ({"padding": "same"}, 48),
        ({"padding": "same", "kernel_size": 4}, 48),
        ({"dilation_rate": 2, "padding": "same"}, 48),
        ({"strides": 2}, 8),
        ({"strides": (3, 1)}, 20),
        ({"activation": "relu", "use_bias": False}, 48),
    ],
)
def test_every_convolution_is_equivariant_away_from_the_border(keras, images, options, shifts):
    layer = keras.layers.Conv2D(4, **{"kernel_size": 3, **options}, name="conv_1")
    result = measure_convolution_shift(build(keras, layer), images, radius=3)
    assert (result.layer, result.images, result.shifts, result.pooling) == ("conv_1", 10, shifts, None)
    # The same float32 products, summed in an order that may depend on the place.
    assert result.difference <= 1e-6
    assert result.largest_value > 0.1


def test_a_layer_that_depends_on_the_position_is_found(keras, images):
    # Scaling each row by a number of its own: the same stroke looks different further down.
    rows = keras.layers.BatchNormalization(axis=1)
    model = build(keras, rows, keras.layers.Conv2D(4, 3, name="conv_1"))
    rows.gamma.assign(np.arange(16))
    result = measure_convolution_shift(model, images, radius=1)
    assert result.difference > 0.1


def test_pooling_is_equivariant_for_multiples_of_its_stride_only(keras, images):
    layers = keras.layers
    model = build(keras, layers.Conv2D(4, 3), layers.ReLU(), layers.MaxPooling2D(name="pool_1"), layers.Flatten())
    pooling = measure_convolution_shift(model, images).pooling
    assert (pooling.layer, pooling.stride) == ("pool_1", 2)
    one, two = pooling.steps
    assert (one.pixels, two.pixels) == (1, 2)
    assert two.difference <= 1e-6
    assert one.difference > 0.1
    assert pooling.largest_value >= one.difference


def test_the_change_in_place_is_that_of_the_lecture(keras, images):
    layers = keras.layers
    model = build(keras, layers.Conv2D(1, 1, name="conv_1", use_bias=False), layers.MaxPooling2D(name="pool_1"))
    model.get_layer("conv_1").set_weights([np.ones((1, 1, 1, 1))])
    (step, _) = measure_convolution_shift(model, images[:1]).pooling.steps
    image = images[0, :, :, 0]
    directions = ((0, 1), (0, -1), (1, 0), (-1, 0))
    by_hand = [
        np.mean([measure_change(apply, image, rows=rows, columns=columns) for rows, columns in directions])
        for apply in (lambda pixels: pixels, max_pool)
    ]
    assert [step.change_before, step.change_after] == pytest.approx(by_hand, rel=1e-5)


def test_a_model_without_a_convolution_has_nothing_to_measure(keras, images):
    assert measure_convolution_shift(build(keras, keras.layers.Flatten(), keras.layers.Dense(3)), images) is None


def test_a_run_read_from_its_folder_is_measured(trained_run, digits):
    result = measure_convolution_shift(trained_run.load_model(), digits.x_test[:20])
    assert (result.layer, result.pooling.layer) == ("conv_1", "pool_1")
    assert result.difference <= 1e-6


def test_after_a_pooling_to_a_single_pixel_there_is_nothing_to_compare(keras, images):
    model = build(keras, keras.layers.Conv2D(2, 3, name="conv_1"), keras.layers.AveragePooling2D(14))
    result = measure_convolution_shift(model, images, radius=1)
    assert result.difference <= 1e-6
    assert result.pooling is None


def test_a_map_that_is_too_small_to_compare_is_refused(keras, images):
    model = build(keras, keras.layers.Conv2D(2, 15, name="conv_1"))
    with pytest.raises(UsageError, match="leaves nothing to compare of a feature map of 2x2"):
        measure_convolution_shift(model, images, radius=3)
