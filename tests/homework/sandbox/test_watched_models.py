"""Predictions are traced to the Keras models that made them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_cnn_course.homework.sandbox.watched_models import watch_predictions

IMAGES = np.random.default_rng(0).normal(size=(10, 4, 4, 1)).astype(np.float32)


def build_model():
    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])


def by_predict(model, images):
    return model.predict(images, verbose=0)


def by_parts(model, images):
    return np.concatenate([model.predict_on_batch(part) for part in np.split(images, [4, 8])])


def by_call_after_steps(model, images):
    for _ in range(40):
        model(images[:3], training=True)
    return model(images).numpy()


def by_compiled_function(model, images):
    return tf.function(lambda batch: model(batch))(images).numpy()


@pytest.mark.parametrize("use", [by_predict, by_parts, by_call_after_steps, by_compiled_function])
def test_the_outputs_of_a_model_are_found_however_it_is_used(use):
    model = build_model()
    classes, _, *outputs = watch_predictions(lambda _, images: use(model, images).argmax(axis=1), (None, IMAGES))
    np.testing.assert_array_equal(outputs[-1].argmax(axis=1), classes)
    np.testing.assert_allclose(outputs[-1], model.predict_on_batch(IMAGES), atol=1e-6)


@pytest.mark.parametrize("use", [by_predict, by_parts])
def test_the_outputs_are_found_although_the_model_predicts_the_training_images_afterwards(use):
    model = build_model()

    def measure_training_accuracy_too(training, images):
        classes = use(model, images).argmax(axis=1)
        by_predict(model, training)
        return classes

    training = np.random.default_rng(1).normal(size=(40, 4, 4, 1)).astype(np.float32)
    classes, _, *outputs = watch_predictions(measure_training_accuracy_too, (training, IMAGES))
    assert any(np.array_equal(output.argmax(axis=1), classes) for output in outputs)


def test_a_vote_of_models_that_predict_in_parts_has_one_output_per_model():
    models = [build_model() for _ in range(5)]

    def vote(_, images):
        return sum(by_parts(model, images) for model in models).argmax(axis=1)

    classes, _, *outputs = watch_predictions(vote, (None, IMAGES))
    assert len(outputs) == 5
    np.testing.assert_array_equal(np.mean(outputs, axis=0).argmax(axis=1), classes)


def test_all_outputs_of_several_models_are_found():
    models = [build_model() for _ in range(3)]

    def vote(_, images):
        return sum(by_predict(model, images) for model in models).argmax(axis=1)

    classes, _, *outputs = watch_predictions(vote, (None, IMAGES))
    assert len(outputs) == 3
    np.testing.assert_array_equal(np.mean(outputs, axis=0).argmax(axis=1), classes)


def by_fit(model, images, labels):
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(images, labels, verbose=0)


def by_own_loop(model, images, labels):
    optimizer = keras.optimizers.Adam()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, model(images), from_logits=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights, strict=True))


def by_hand(model, images, labels):
    model.set_weights([0 * weight for weight in model.get_weights()])


@pytest.mark.parametrize(("train", "is_trained"), [(by_fit, True), (by_own_loop, True), (by_hand, False)])
def test_a_model_is_trained_if_an_optimizer_changed_it(train, is_trained):
    def train_one_of_two(_, images):
        models = [build_model(), build_model()]
        train(models[0], images, np.zeros(len(images), int))
        first, _ = [by_predict(model, images) for model in models]
        return first.argmax(axis=1)

    _, flags, *outputs = watch_predictions(train_one_of_two, (None, IMAGES))
    assert len(outputs) >= 2
    assert set(flags[: len(flags) // 2]) == {is_trained}
    assert not flags[-1]
    assert keras.optimizers.Optimizer.apply.__name__ != "apply_and_note"


def test_code_without_a_model_has_no_outputs():
    assert len(watch_predictions(lambda _, images: np.zeros(len(images)), (None, IMAGES))) == 2


def test_a_model_of_other_images_has_no_outputs():
    def use_another(_, images):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        model.predict_on_batch(np.zeros((1, 2), np.float32))
        return np.zeros(len(images))

    assert len(watch_predictions(use_another, (None, IMAGES))) == 2


def test_keras_is_as_before_afterwards():
    before = {name: getattr(keras.Model, name) for name in ("__call__", "predict", "predict_on_batch")}

    def fail(_, images):
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        watch_predictions(fail, (None, IMAGES))
    assert {name: getattr(keras.Model, name) for name in before} == before
