"""Receptive fields and padding against what changing pixels measures, on random models."""

import numpy as np
import pytest

from keras_cnn_course.models.graph import read_graph
from keras_cnn_course.models.receptive_field import Axis, trace_fields

SHAPE = (11, 9)
LARGE = (45, 43)


class RandomModels:
    """Builds random models whose weights are all positive, so that nothing that is read cancels out.

    Args:
        shows_padding: leave out what makes padding invisible on an image of ones: a maximum, and padded pooling.
    """

    def __init__(self, keras, seed, *, shows_padding=False):
        self.keras, self.layers, self.shows_padding = keras, keras.layers, shows_padding
        self.rng = np.random.default_rng(seed)

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def convolution(self, filters=2, **options):
        weights = self.keras.initializers.RandomUniform(0.5, 1.0, seed=int(self.rng.integers(1000)))
        window = (self.pick(1, 2, 3, 5), self.pick(1, 2, 3))
        kind = self.pick("plain", "plain", "separable", "depthwise")
        if kind == "depthwise" and filters == 2:
            return self.layers.DepthwiseConv2D(window, depthwise_initializer=weights, **options)
        if kind == "separable":
            weights_of = {"depthwise_initializer": weights, "pointwise_initializer": weights}
            window = (3, window[1])  # TensorFlow 2.21's oneDNN refuses a depthwise convolution of 1x1
            return self.layers.SeparableConv2D(filters, window, **weights_of, **options)
        return self.layers.Conv2D(filters, window, kernel_initializer=weights, **options)

    def pooling(self):
        padding = "valid" if self.shows_padding else self.pick("valid", "same")
        kind = (
            self.layers.AveragePooling2D
            if self.shows_padding
            else self.pick(self.layers.AveragePooling2D, self.layers.MaxPooling2D)
        )
        return kind((2, self.pick(2, 3)), strides=self.pick(1, 2), padding=padding)

    def layer(self, tensor):
        layers, (height, width) = self.layers, tensor.shape[1:3]
        if min(height, width) < 6:
            return layers.ZeroPadding2D(((2, 1), (1, 2)))
        make = self.pick(
            lambda: layers.Conv2D(2, 3, padding="same", dilation_rate=2, kernel_initializer="ones"),
            lambda: self.convolution(padding=self.pick("same", "valid"), strides=self.pick(1, 2)),
            self.pooling,
            lambda: layers.ZeroPadding2D(((1, 0), (0, 2))),
            lambda: layers.Cropping2D(((1, 0), (0, 1))),
            lambda: layers.UpSampling2D((1, 2) if width < 10 else (1, 1)),
            lambda: self.pick(layers.BatchNormalization, layers.PReLU, layers.ELU, layers.LeakyReLU)(),
            lambda: self.pick(layers.SpatialDropout2D(0.5), layers.GaussianNoise(0.5), layers.RandomFlip()),
        )
        return make()

    def block(self, tensor):
        """Add a layer, a nested model, a residual connection, two branches or a convolution that is called twice."""
        layers, channels = self.layers, tensor.shape[-1]
        kind = self.pick("layer", "layer", "nested", "residual", "branches", "twice")
        if kind == "nested":
            return self.keras.Sequential([self.keras.Input(tensor.shape[1:]), self.layer(tensor)])(tensor)
        if kind == "residual":
            merge = layers.Add() if self.shows_padding else self.pick(layers.Add(), layers.Maximum())
            return merge([tensor, self.convolution(channels, padding="same")(tensor)])
        if kind == "branches":
            return layers.Concatenate()([self.convolution(padding="same")(tensor) for _ in range(2)])
        if kind == "twice":
            shared = layers.Conv2D(channels, self.pick(2, 3), padding="same", kernel_initializer="ones")
            return shared(shared(tensor))
        return self.layer(tensor)(tensor)

    def build(self, *last, shape=SHAPE):
        image = tensor = self.keras.Input((*shape, 1), name="image")
        for _ in range(self.rng.integers(2, 6)):
            tensor = self.block(tensor)
        for layer in last:
            tensor = layer(tensor)
        return self.keras.Model(image, tensor)


def measure_boxes(model):
    """Return the box of pixels that each position of the output answers to: every pixel alone, on an empty image."""
    pixels = np.eye(np.prod(SHAPE), dtype=np.float32).reshape(-1, *SHAPE, 1)
    answers = model.predict(pixels, verbose=0) != 0
    if answers.ndim > 2:
        answers = answers.any(axis=-1)
    positions = answers.shape[1:]
    answers = answers.reshape(*SHAPE, -1)
    boxes = []
    for seen in np.moveaxis(answers, -1, 0):
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        boxes.append((rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) if len(rows) else (2**30, 2**30, 0, 0))
    return np.array(boxes).reshape(*positions, 4)


def last_field(model):
    return trace_fields(read_graph(model))[-1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_every_position_sees_what_changing_pixels_measures(keras, seed):
    model = RandomModels(keras, seed).build()
    np.testing.assert_array_equal(last_field(model).boxes, measure_boxes(model))


@pytest.mark.parametrize("seed", range(8))
def test_units_see_what_changing_pixels_measures(keras, seed):
    layers = keras.layers
    model = RandomModels(keras, seed).build(
        layers.Flatten(), *[layers.Dense(3, kernel_initializer="ones")] * (seed % 2)
    )
    np.testing.assert_array_equal(last_field(model).boxes, measure_boxes(model))


@pytest.mark.parametrize("seed", range(12))
def test_padding_shows_on_an_image_of_ones(keras, seed):
    model = RandomModels(keras, seed, shows_padding=True).build(shape=LARGE)
    values = model.predict(np.ones((1, *LARGE, 1), np.float32), verbose=0)[0]
    # Zeros among ones make a sum smaller by far more than float32 sums in another order differ.
    smaller = (values < (1 - 1e-5) * values.max(axis=(0, 1))).any(axis=-1)
    padded = last_field(model).padded
    assert not padded.all()
    np.testing.assert_array_equal(smaller, padded)


@pytest.mark.parametrize("seed", range(12))
def test_evenly_spaced_windows_are_the_boxes_away_from_padding(keras, seed):
    field = last_field(RandomModels(keras, seed).build(shape=LARGE))
    if field.rows is None:  # only UpSampling2D in these models spaces windows unevenly
        assert any(np.diff(field.boxes[:, 0, 0]) == 0) or any(np.diff(field.boxes[0, :, 1]) == 0)
        return
    for row, column in np.argwhere(~field.padded):
        rows, columns = field.rows.window(row), field.columns.window(column)
        assert tuple(field.boxes[row, column]) == (rows.start, columns.start, rows.stop, columns.stop)


def describe(keras, *layers, shape=(28, 28, 1)):
    return trace_fields(read_graph(keras.Sequential([keras.Input(shape), *layers])))


def test_same_padding_after_dropped_pixels_does_not_count_as_pixels(keras):
    layers = keras.layers
    stack = [layers.Conv2D(2, 3, strides=2), layers.MaxPooling2D(), layers.Conv2D(2, 7, padding="same")]
    assert describe(keras, *stack)[-1].size == (25, 25)


def test_branches_see_the_union_of_their_windows(keras):
    image = keras.Input((28, 28, 1))
    paths = [keras.layers.Conv2D(2, window, padding="same")(image) for window in ((7, 1), (1, 7))]
    model = keras.Model(image, keras.layers.Concatenate()(paths))
    field = last_field(model)
    assert (field.size, field.border()) == ((7, 7), (3, 3))
    assert (field.rows, field.columns) == (Axis(-3, 7, 1), Axis(-3, 7, 1))


def test_the_border_is_that_of_the_wider_side(keras):
    assert describe(keras, keras.layers.Conv2D(2, (4, 3), padding="same"))[-1].border() == (2, 1)
    assert describe(keras, keras.layers.Conv2D(2, 3))[-1].border() == (0, 0)
    assert describe(keras, keras.layers.ZeroPadding2D(((3, 1), (0, 2))))[-1].border() == (3, 2)


def test_a_softmax_over_units_sees_all_and_one_over_channels_its_pixel(keras):
    layers = keras.layers
    fields = describe(keras, layers.Conv2D(2, 3), layers.Softmax(), layers.Flatten(), layers.Activation("softmax"))
    assert [field.size for field in fields] == [(1, 1), (3, 3), (3, 3), (3, 3), (28, 28)]
    rows = describe(keras, layers.Softmax(axis=1), layers.Conv2D(2, 3))[-1]
    assert (rows.size, rows.rows) == ((28, 3), None)


def test_squeeze_and_excitation_sees_the_whole_image(keras):
    layers = keras.layers
    image = keras.Input((8, 8, 4))
    squeezed = layers.Reshape((1, 1, 4))(layers.Dense(4)(layers.GlobalAveragePooling2D()(image)))
    assert last_field(keras.Model(image, layers.Multiply()([image, squeezed]))).size == (8, 8)


@pytest.mark.parametrize("name", ["Conv2DTranspose", "Resizing", "own activation", "own layer", "channels first"])
def test_after_a_layer_that_is_not_known_there_is_no_guess(keras, name):
    layers = keras.layers

    class ReLU(layers.ReLU):
        def call(self, inputs):
            return keras.ops.flip(super().call(inputs), axis=1)

    layer = {
        "Conv2DTranspose": lambda: layers.Conv2DTranspose(2, 3),
        "Resizing": lambda: layers.Resizing(28, 28),
        "own activation": lambda: layers.Conv2D(2, 3, activation=lambda x: keras.ops.flip(x, axis=1)),
        "own layer": ReLU,
        "channels first": lambda: layers.ZeroPadding2D(1, data_format="channels_first"),
    }[name]()
    assert describe(keras, layer, layers.ReLU())[1:] == [None, None]
