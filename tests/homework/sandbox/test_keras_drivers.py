"""The arrays that represent a Keras model outside the sandbox, compared with the model itself."""

import keras
import numpy as np
import pytest

from keras_cnn_course.homework.sandbox.keras_drivers import inspect_model, read_filters


@pytest.fixture
def images():
    return np.random.default_rng(0).normal(size=(4, 6, 6, 1)).astype(np.float32)


def build(*, from_logits=False, activation="softmax", learning_rate=0.01, trainable=True):
    def build_model(classes):
        model = keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(5, trainable=trainable),
                keras.layers.Dense(classes, activation=activation),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
        model.compile(keras.optimizers.SGD(learning_rate), loss)
        return model

    return build_model


def test_a_model_is_taken_apart(started, images):
    labels = np.array([0, 1, 2, 0])
    outputs, losses, frozen, *weights = inspect_model(build(), [images, labels, (), 3])
    assert [weight.shape for weight in weights] == [(36, 5), (5,), (5, 3), (3,)]
    assert (outputs.shape, frozen.item()) == ((4, 3), 0)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    expected = -np.mean(np.log(outputs[np.arange(4), labels]))
    np.testing.assert_allclose(losses[:2], expected, rtol=1e-4)
    assert losses[2] < losses[1]
    first, second, third, fourth = weights
    logits = (images.reshape(4, -1) @ first + second) @ third + fourth
    exponentials = np.exp(logits)
    np.testing.assert_allclose(outputs, exponentials / exponentials.sum(axis=1, keepdims=True), rtol=1e-4)


def test_a_softmax_that_is_applied_twice_shows_in_the_loss(started, images):
    """Keras would mend it while it trains, with a warning: it finds the logits of a last softmax again."""
    labels = np.array([0, 1, 2, 0])
    with pytest.warns(UserWarning, match="from_logits=True"):
        outputs, losses, *_ = inspect_model(build(from_logits=True), [images, labels, (), 3])
    correct = -np.mean(np.log(outputs[np.arange(4), labels]))
    assert abs(losses[0] - correct) > 1e-3
    np.testing.assert_allclose(losses[1], correct, rtol=1e-4)


def test_frozen_weights_are_counted(started, images):
    _, _, frozen, *weights = inspect_model(build(trainable=False), [images, np.array([0, 1, 2, 0]), (), 3])
    assert frozen.item() == 36 * 5 + 5
    assert len(weights) == 2


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "Return a Keras model, not NoneType"),
        (lambda: keras.Sequential([keras.Input((6, 6, 1))]), "Compile the model before you return it"),
    ],
)
def test_what_is_no_compiled_model_is_refused(model, message, started, images):
    with pytest.raises(TypeError, match=message):
        inspect_model(lambda *_: model() if callable(model) else model, [images, np.zeros(4, int), (), 3])


@pytest.mark.parametrize("style", range(6))
def test_filters_are_read_from_models_of_several_kinds(style, started):
    kernels = np.random.default_rng(style).normal(size=(2, 3, 2, 4)).astype(np.float32)

    def read(model):
        return next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)).get_weights()[0]

    np.testing.assert_array_equal(read_filters(read, [kernels, style])[0], kernels)


def build_with_loss(loss):
    def build_model(classes):
        image = keras.Input((6, 6, 1))
        output = keras.layers.Dense(classes, activation="softmax", name="digit")(keras.layers.Flatten()(image))
        model = keras.Model(image, output)
        model.compile("sgd", loss)
        return model

    return build_model


@pytest.mark.parametrize("wrap", [lambda loss: [loss], lambda loss: (loss,), lambda loss: {"digit": loss}])
def test_a_loss_may_be_given_by_the_output_that_it_is_for(wrap, started, images):
    loss = wrap(keras.losses.SparseCategoricalCrossentropy())
    _, losses, *_ = inspect_model(build_with_loss(loss), [images, np.array([0, 1, 2, 0]), (), 3])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_several_losses_for_one_output_are_refused(started, images):
    with pytest.raises(TypeError, match=r"^Compile the model with one loss"):
        inspect_model(build_with_loss(["mse", "mae"]), [images, np.array([0, 1, 2, 0]), (), 3])


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mse", "binary_crossentropy", "kl_divergence"])
def test_a_loss_for_rows_of_labels_is_named(started, images, loss):
    def build_model(classes):
        model = build()(classes)
        model.compile("sgd", loss)
        return model

    with pytest.raises(TypeError, match=r"^The loss cannot be computed from these labels: they are whole numbers"):
        inspect_model(build_model, [images, np.array([0, 1, 2, 0]), (), 3])


def test_a_missing_loss_is_named(started, images):
    def build_model(classes):
        model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(classes)])
        model.compile("sgd")
        return model

    with pytest.raises(TypeError, match=r"^Compile the model with a loss"):
        inspect_model(build_model, [images, np.array([0, 1, 2, 0]), (), 3])
