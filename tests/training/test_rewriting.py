"""Rewritten blocks: the model as it was written is the oracle. Where ReLU follows pooling, every bit has to agree."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_cnn_course.training.rewriting import find_blocks, rewritten


def build(*features, name=None):
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((12, 12, 2)), *features, layers.Flatten(), layers.Dense(3)], name=name)


def forward_and_gradients(model, images):
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        objective = tf.reduce_sum(outputs * tf.range(3, dtype="float32"))
    return [outputs, *tape.gradient(objective, [variable.value for variable in model.trainable_variables])]


@pytest.fixture
def images(started):
    rng = np.random.default_rng(0)
    # Few different values, so that windows have ties, and many windows without a positive number.
    return rng.integers(-2, 2, (8, 12, 12, 2)).astype("float32")


@pytest.mark.parametrize(
    "features",
    [
        lambda: [layers.Conv2D(4, 3), layers.ReLU(), layers.MaxPooling2D()],
        lambda: [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(3, strides=2, padding="same")],
        lambda: [layers.Activation("relu"), layers.MaxPooling2D(), layers.Conv2D(4, 3), layers.ReLU()],
        lambda: [build(layers.Conv2D(4, 3), layers.ReLU(), layers.MaxPooling2D(), name="nested")],
    ],
    ids=["relu-layer", "activation-of-a-convolution", "activation-layer", "nested"],
)
def test_outputs_and_gradients_agree_to_the_last_bit(images, features):
    model = build(*features())
    assert sum(block.relu is not None for block in find_blocks(model)) == 1
    expected = forward_and_gradients(model, images)
    with rewritten(model, on_cpu=False):
        found = forward_and_gradients(model, images)
    for here, there in zip(found, expected, strict=True):
        np.testing.assert_array_equal(here, there)


def test_relu_is_applied_to_the_pooled_pixels(images):
    model = build(layers.Conv2D(4, 3), layers.ReLU(name="relu"), layers.MaxPooling2D())

    def shapes_of_relu():
        graph = tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec((8, 12, 12, 2))).graph
        return [tuple(op.outputs[0].shape) for op in graph.get_operations() if op.type == "Relu"]

    with rewritten(model, on_cpu=False):
        assert shapes_of_relu() == [(8, 5, 5, 4)]
    assert shapes_of_relu() == [(8, 10, 10, 4)]


def test_the_model_is_as_before_even_after_an_error(images):
    model = build(layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.ReLU(), layers.MaxPooling2D())
    config, expected = model.get_config(), model(images)
    with pytest.raises(KeyError), rewritten(model, on_cpu=True):
        raise KeyError
    assert model.get_config() == config
    np.testing.assert_array_equal(model(images), expected)


def with_a_second_reader():
    image = keras.Input((12, 12, 2))
    active = layers.ReLU()(layers.Conv2D(4, 3)(image))
    return keras.Model(image, layers.Concatenate()([layers.MaxPooling2D()(active), layers.AveragePooling2D(2)(active)]))


def with_the_relu_as_an_output():
    image = keras.Input((12, 12, 2))
    active = layers.ReLU()(layers.Conv2D(4, 3)(image))
    return keras.Model(image, [layers.MaxPooling2D()(active), active])


def with_one_relu_used_twice():
    image, relu = keras.Input((12, 12, 2)), layers.ReLU()
    return keras.Model(image, relu(layers.Conv2D(4, 3)(layers.MaxPooling2D()(relu(image)))))


class Residual(layers.Layer):
    """Has an activation, and continues to compute after it."""

    activation = staticmethod(keras.activations.relu)

    def call(self, inputs):
        return self.activation(inputs) - 0.7 * inputs


class OwnReLU(layers.ReLU):
    def call(self, inputs):
        return super().call(inputs) - 0.7 * inputs


class OwnPooling(layers.MaxPooling2D):
    def call(self, inputs):
        return -super().call(-inputs)


@pytest.mark.parametrize(
    "make",
    [
        with_a_second_reader,
        with_the_relu_as_an_output,
        with_one_relu_used_twice,
        lambda: build(layers.ReLU(max_value=1.0), layers.MaxPooling2D()),
        lambda: build(layers.ReLU(negative_slope=0.1), layers.MaxPooling2D()),
        lambda: build(layers.ReLU(), layers.AveragePooling2D(2)),
        lambda: build(layers.ReLU(), layers.BatchNormalization(), layers.MaxPooling2D()),
        lambda: build(layers.Activation("tanh"), layers.MaxPooling2D()),
        lambda: build(layers.Conv2D(4, 3, activation="relu", activity_regularizer="l1"), layers.MaxPooling2D()),
        lambda: build(layers.ReLU(activity_regularizer="l1"), layers.MaxPooling2D()),
        lambda: build(Residual(), layers.MaxPooling2D()),
        lambda: build(OwnReLU(), layers.MaxPooling2D()),
        lambda: build(layers.ReLU(), OwnPooling()),
    ],
)
def test_all_else_is_left_alone(started, make):
    assert all(block.relu is None for block in find_blocks(make()))


def first_block(*features, shape=(13, 12, 1)):
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input(shape), *features, layers.Flatten(), layers.Dense(3)])


@pytest.mark.parametrize(
    ("channels", "features"),
    [
        (1, lambda: [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D()]),
        (1, lambda: [layers.Conv2D(4, 3, padding="same", use_bias=False), layers.ReLU(), layers.MaxPooling2D()]),
        (3, lambda: [layers.Conv2D(4, (1, 3), padding="same", activation="relu"), layers.MaxPooling2D()]),
        (4, lambda: [layers.Conv2D(4, (2, 1), padding="same"), layers.MaxPooling2D()]),
    ],
    ids=["valid", "same-without-bias", "three-channels", "even-kernel-without-relu"],
)
def test_the_first_block_computes_the_same_numbers_and_gradients(started, channels, features):
    # Whole numbers, so that sums are exact in any order and many windows have ties, which the first number wins.
    rng = np.random.default_rng(0)
    images = rng.integers(-2, 3, (8, 13, 12, channels)).astype("float32")
    model = first_block(*features(), shape=(13, 12, channels))
    for weight in model.layers[0].weights:
        weight.assign(rng.integers(-1, 2, weight.shape))
    (block,) = find_blocks(model)
    assert block.is_first_in_float32
    expected = forward_and_gradients(model, images)
    with rewritten(model, on_cpu=True):
        found = forward_and_gradients(model, images)
    for here, there in zip(found, expected, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-4)


def with_a_trained_layer_before_it():
    return first_block(layers.BatchNormalization(), layers.Conv2D(4, 3), layers.MaxPooling2D())


@pytest.mark.parametrize(
    "make",
    [
        with_a_trained_layer_before_it,
        lambda: first_block(layers.Conv2D(4, 3, strides=2), layers.MaxPooling2D()),
        lambda: first_block(layers.Conv2D(4, 3, dilation_rate=2), layers.MaxPooling2D()),
        lambda: first_block(layers.Conv2D(4, 3), layers.MaxPooling2D(3)),
        lambda: first_block(layers.Conv2D(4, 3), layers.MaxPooling2D(2, padding="same")),
        lambda: first_block(layers.Conv2D(4, 7), layers.MaxPooling2D()),
        lambda: first_block(layers.Conv2D(4, 3, activation="tanh"), layers.MaxPooling2D()),
        lambda: first_block(layers.Conv2D(4, 3, activity_regularizer="l1"), layers.MaxPooling2D()),
        lambda: first_block(layers.Conv2D(4, 3), layers.BatchNormalization(), layers.MaxPooling2D()),
        lambda: first_block(layers.Conv2D(4, 3, dtype="mixed_bfloat16"), layers.MaxPooling2D()),
        lambda: first_block(layers.Conv2D(4, 3), layers.MaxPooling2D(), shape=(13, 12, 2)),
    ],
)
def test_other_first_blocks_are_left_as_they_are(started, make):
    assert not any(block.is_first_in_float32 for block in find_blocks(make()))
