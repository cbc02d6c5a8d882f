import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.lecture.receptive_field import extent, measure_receptive_field
from keras_cnn_course.lecture.shift import measure_change
from keras_cnn_course.models.equivariance import measure_convolution_shift
from keras_cnn_course.models.receptive_field import trace_layer


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


def test_what_depends_on_the_place_is_found(keras, images):
    # Normalising each row by numbers of its own: the same stroke looks different further down.
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


def test_a_map_that_is_too_small_to_compare_is_refused(keras, images):
    model = build(keras, keras.layers.Conv2D(2, 15, name="conv_1"))
    with pytest.raises(UsageError, match="map of 2x2"):
        measure_convolution_shift(model, images, radius=3)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_field_of_a_layer_is_what_changing_pixels_finds(keras, padding):
    layers = keras.layers
    model = build(
        keras,
        layers.Conv2D(3, (3, 2), padding=padding),
        layers.LeakyReLU(),
        layers.AveragePooling2D(2),
        layers.Conv2D(2, 3, name="conv_2"),
    )
    layer = model.get_layer("conv_2")
    field = trace_layer(model, layer)
    position = (2, 3)
    mask = measure_receptive_field(
        lambda batch: model(batch).numpy(), image_shape=(16, 16, 1), position=(*position, 0), amounts=(1000.0,)
    )
    box = extent(mask)
    rows, columns = field.rows.window(position[0]), field.columns.window(position[1])
    assert (box.top, box.left, box.height, box.width) == (rows.start, columns.start, len(rows), len(columns))


def test_behind_a_branch_the_field_is_unknown(keras):
    image = keras.Input((8, 8, 1), name="image")
    conv = keras.layers.Conv2D(2, 3, padding="same", name="conv_1")
    joined = keras.layers.Add()([conv(image), image])
    last = keras.layers.Conv2D(2, 3, name="conv_2")
    model = keras.Model(image, last(joined))
    assert trace_layer(model, conv).border() == (1, 1)
    assert trace_layer(model, last) is None
