"""One place decides what a model's outputs mean."""

from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.models.inference import (
    build_inference_model,
    measure_outputs,
    outputs_logits,
    with_probabilities,
)
from keras_cnn_course.models.outputs import read_layer_outputs
from keras_cnn_course.results.prediction import predict_probabilities
from keras_cnn_course.runs.directory import RunDirectory


@pytest.fixture
def keras(started):
    import keras

    return keras


def build(keras, loss, activation=None):
    model = keras.Sequential(
        [keras.Input((4, 4, 1), name="image"), keras.layers.Flatten(), keras.layers.Dense(3, activation=activation)]
    )
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize("wrap", [lambda loss: loss, lambda loss: [loss], lambda loss: {"dense": loss}])
@pytest.mark.parametrize("from_logits", [False, True])
def test_a_loss_says_it_alone_in_a_list_and_by_name_also_after_saving(keras, tmp_path, wrap, from_logits):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    model = build(keras, loss, None if from_logits else "softmax")
    model.compile("sgd", wrap(loss) if not isinstance(wrap(loss), dict) else {model.layers[-1].name: loss})
    model.optimizer.build(model.trainable_variables)
    assert outputs_logits(model) == from_logits
    run = RunDirectory.create("cnn", tmp_path / "run")
    run.save_model(model, "best")
    loaded = run.load_model("best")
    assert outputs_logits(loaded) == from_logits
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 1), dtype=np.uint8)
    probabilities = predict_probabilities(loaded, images)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    for shown in (
        read_layer_outputs(loaded, images)[-1].values,
        np.asarray(with_probabilities(loaded)(images / 255.0)),
        np.asarray(build_inference_model(loaded)(images / 255.0)),
    ):
        np.testing.assert_allclose(shown, probabilities, atol=1e-5)


def test_a_name_for_a_loss_means_probabilities(keras):
    model = build(keras, "sparse_categorical_crossentropy", "softmax")
    assert not outputs_logits(model)
    assert with_probabilities(model) is model


def test_a_nested_model_keeps_its_inputs_and_outputs_without_its_dropout(keras):
    layers = keras.layers
    image = keras.Input((4, 4, 1), name="image")
    first, second = keras.Input((3,)), keras.Input((3,))
    total = layers.Add()([first, second])
    merge = keras.Model([first, second], {"sum": layers.Dropout(0.5)(total), "same": total}, name="merge")
    merged = merge([layers.Dense(3)(layers.Flatten()(image)), layers.Dense(3)(layers.Flatten()(image))])
    model = keras.Model(image, layers.Softmax()(layers.Add()([merged["sum"], merged["same"]])))
    assert_same_without_dropout(keras, model)


@pytest.mark.parametrize("kind", ["Dense", "Dropout"])
def test_a_layer_may_be_called_as_the_input_will_be(keras, kind):
    layers = keras.layers
    pixels = keras.Input((4, 4, 1), name="pixels")
    layer = layers.Dense(3, name="image") if kind == "Dense" else layers.Dropout(0.5, name="image")
    assert_same_without_dropout(keras, keras.Model(pixels, layers.Softmax()(layer(layers.Flatten()(pixels)))))


def assert_same_without_dropout(keras, model):
    inference = build_inference_model(model)
    images = IMAGES / np.float32(255)
    assert inference.inputs[0].name == "image"
    np.testing.assert_array_equal(inference(images, training=True), model(images, training=False))


IMAGES = np.random.default_rng(1).integers(0, 256, (40, 4, 4, 1), dtype=np.uint8)


def test_what_outputs_are_is_measured(keras):
    def own_loss(labels, outputs):
        return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, outputs, from_logits=True))

    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    plain = "sparse_categorical_crossentropy"
    for loss, activation, expected in [
        (plain, "softmax", "probabilities"),
        (logits, None, "logits"),
        (logits, "relu", "logits"),
        (logits, "softmax", "probabilities"),
        (own_loss, None, "logits"),
        (own_loss, "softmax", "probabilities"),
        (plain, "sigmoid", "scores"),
    ]:
        assert measure_outputs(build(keras, loss, activation), IMAGES) == expected, (loss, activation)


def test_the_record_of_a_run_decides_what_its_models_output(keras, trained_run, tmp_path):
    """A softmax before a loss for logits gives probabilities; one more softmax would make them nearly equal."""
    run = RunDirectory.create("cnn", tmp_path / "run", record=trained_run.read_record())
    model = build(keras, keras.losses.SparseCategoricalCrossentropy(from_logits=True), "softmax")
    run.save_model(model, "best")
    for outputs, twice in [("probabilities", False), ("logits", True), ("scores", False), ("", True)]:
        run.write_record(replace(run.read_record(), outputs=outputs))
        loaded = run.load_model("best")
        assert outputs_logits(loaded) == twice
        expected = np.asarray(model(IMAGES / np.float32(255)))
        expected = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True) if twice else expected
        np.testing.assert_allclose(predict_probabilities(loaded, IMAGES), expected, atol=1e-6)
