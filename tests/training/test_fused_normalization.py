"""BatchNormalization computed in one operation: the layer as Keras computes it is the oracle."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_cnn_course.training.rewriting import rewritten

SHAPE = (7, 6, 3)


class OwnNormalization(layers.BatchNormalization):
    """A BatchNormalization of one's own, which may compute anything."""


def build(layer, shape=SHAPE):
    model = keras.Sequential([keras.Input(shape), layer])
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.uniform(0.5, 2, weight.shape))
    return model


def images_of(dtype):
    images = np.random.default_rng(1).normal(2, 3, (5, *SHAPE)) * [0.01, 1, 100]
    return tf.cast(images, dtype)


def train_once(model, images, *, fused):
    """Return the outputs and gradients of a training step, and the weights after it."""
    with rewritten(model, on_cpu=fused):
        if fused:
            assert "FusedBatchNormV3" in list_operations(model, images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = model(images, training=True)
            # Not a sum: its gradient with respect to the images is 0.
            objective = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 3)
        gradients = tape.gradient(objective, [images, *(variable.value for variable in model.trainable_variables)])
    return [np.asarray(tf.cast(value, tf.float32)) for value in (outputs, *gradients)], model.get_weights()


def averages(model):
    """Return the mean and variance that a layer of one channel has recorded."""
    return np.ravel([weight.numpy() for weight in model.non_trainable_weights])


def list_operations(model, images, *, training=True):
    """Return the types of the operations of a training step."""
    step = tf.function(lambda x: model(x, training=training))
    graph = step.get_concrete_function(tf.TensorSpec(images.shape, images.dtype)).graph
    return [op.type for op in graph.get_operations()]


@pytest.mark.parametrize(
    "make",
    [
        layers.BatchNormalization,
        lambda **keywords: layers.BatchNormalization(momentum=0.5, epsilon=0.1, **keywords),
        lambda **keywords: layers.BatchNormalization(scale=False, **keywords),
        lambda **keywords: layers.BatchNormalization(center=False, axis=3, **keywords),
    ],
    ids=["defaults", "other-momentum", "without-scale", "without-offset"],
)
@pytest.mark.parametrize(("dtype", "error"), [("float32", 2e-5), ("mixed_bfloat16", 0.02)])
def test_outputs_gradients_and_averages_are_those_of_keras(started, make, dtype, error):
    images = images_of(dtype.removeprefix("mixed_"))
    expected, expected_weights = train_once(build(make(dtype=dtype)), images, fused=False)
    found, found_weights = train_once(build(make(dtype=dtype)), images, fused=True)
    for here, there in zip(found, expected, strict=True):
        axes = tuple(range(here.ndim - 1))
        assert np.all(np.abs(here - there).max(axes) <= error * np.abs(there).max(axes))
    for here, there in zip(found_weights, expected_weights, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-5)


def test_the_averages_divide_by_the_number_of_examples(started):
    model = build(layers.BatchNormalization(momentum=0, epsilon=1e-3), shape=(1, 1, 1))
    with rewritten(model, on_cpu=True):
        model(tf.constant([1.0, 3.0], shape=(2, 1, 1, 1)), training=True)
    np.testing.assert_allclose(averages(model), [2, 1])


def test_a_batch_of_one_number_has_no_variance(started):
    model = build(layers.BatchNormalization(momentum=0), shape=(1, 1, 1))
    with rewritten(model, on_cpu=True):
        model(tf.constant(5.0, shape=(1, 1, 1, 1)), training=True)
    np.testing.assert_array_equal(averages(model), [5, 0])


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: layers.BatchNormalization(axis=1), SHAPE),
        (layers.BatchNormalization, (6,)),
        (lambda: layers.BatchNormalization(dtype="float64"), SHAPE),
        (lambda: layers.BatchNormalization(renorm=True), SHAPE),
        (lambda: layers.BatchNormalization(trainable=False), SHAPE),
        (OwnNormalization, SHAPE),
    ],
    ids=["other-axis", "two-dimensions", "float64", "renorm", "frozen", "other-class"],
)
def test_other_layers_are_computed_as_they_are(started, make, shape):
    model = build(make(), shape)
    images = tf.ones((2, *shape))
    expected = list_operations(model, images)
    with rewritten(model, on_cpu=True):
        assert list_operations(model, images) == expected


def test_only_training_on_a_processor_is_fused(started):
    model, images = build(layers.BatchNormalization()), images_of("float32")
    with rewritten(model, on_cpu=False):
        assert "FusedBatchNormV3" not in list_operations(model, images)
    with rewritten(model, on_cpu=True):
        assert "FusedBatchNormV3" not in list_operations(model, images, training=False)
    assert "FusedBatchNormV3" not in list_operations(model, images)


def test_padded_examples_are_left_out_of_the_averages(started):
    layer = layers.BatchNormalization(momentum=0)
    model = build(layer)
    images, mask = images_of("float32"), np.zeros((5, 7, 6), bool)
    mask[0] = True
    with rewritten(model, on_cpu=True):
        layer(images, training=True, mask=mask)
    np.testing.assert_allclose(layer.moving_mean, np.mean(images[0], (0, 1)), rtol=1e-5)
