"""Dense layers computed with padding: the layer as Keras computes it is the oracle."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_cnn_course.devices import onednn
from keras_cnn_course.training.rewriting import rewritten


@pytest.fixture
def with_avx2(started, monkeypatch):
    monkeypatch.setattr(onednn, "is_limited_to_avx2", lambda: True)


class OwnDense(layers.Dense):
    """A Dense layer of one's own, which may compute anything."""


def build(*features, shape=(6,)):
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input(shape), *features])


def forward_and_gradients(model, inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = model(inputs, training=True)
        objective = tf.reduce_sum(outputs * tf.range(outputs.shape[-1], dtype="float32"))
    return [outputs, *tape.gradient(objective, [inputs, *(variable.value for variable in model.trainable_variables)])]


def columns_of_products(model, inputs):
    """Return the columns of every matrix product in the model's graph."""
    graph = tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec(inputs.shape)).graph
    return [op.outputs[0].shape[-1] for op in graph.get_operations() if op.type == "MatMul"]


@pytest.mark.parametrize(
    "features",
    [
        lambda: [layers.Dense(512, activation="relu", bias_initializer="ones"), layers.Dense(3)],
        lambda: [layers.Dense(1024, use_bias=False), layers.Dense(512, activation="relu")],
    ],
    ids=["with-bias", "without-bias"],
)
def test_padding_changes_neither_numbers_nor_gradients(with_avx2, features):
    model = build(*features())
    # Whole numbers, so that sums are exact in any order.
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.integers(-2, 3, weight.shape))
    inputs = tf.constant(rng.integers(-2, 3, (8, 6)), tf.float32)
    expected = forward_and_gradients(model, inputs)
    assert all(np.any(gradient) for gradient in expected)
    with rewritten(model, on_cpu=True):
        assert columns_of_products(model, inputs)[0] in (512 + 16, 1024 + 16)
        found = forward_and_gradients(model, inputs)
    for here, there in zip(found, expected, strict=True):
        np.testing.assert_array_equal(here, there)
    assert columns_of_products(model, inputs)[0] in (512, 1024)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: layers.Dense(500), (6,)),
        (lambda: layers.Dense(512, dtype="mixed_bfloat16"), (6,)),
        (lambda: OwnDense(512), (6,)),
        (lambda: layers.Dense(512), (4, 6)),
    ],
    ids=["other-units", "bfloat16", "other-class", "three-dimensions"],
)
def test_other_layers_are_computed_as_they_are(with_avx2, layer, shape):
    model = build(layer(), shape=shape)
    inputs = tf.ones((2, *shape))
    expected = columns_of_products(model, inputs)
    with rewritten(model, on_cpu=True):
        assert columns_of_products(model, inputs) == expected


def test_nothing_is_padded_with_wider_registers_or_on_a_gpu(started, monkeypatch):
    model, inputs = build(layers.Dense(512)), tf.ones((2, 6))
    for on_cpu, with_avx2 in ((True, False), (False, True)):
        monkeypatch.setattr(onednn, "is_limited_to_avx2", lambda with_avx2=with_avx2: with_avx2)
        with rewritten(model, on_cpu=on_cpu):
            assert columns_of_products(model, inputs) == [512]
