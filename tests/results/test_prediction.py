import numpy as np
import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.models.inference import choose_batch_size
from keras_cnn_course.results.prediction import (
    Guess,
    predict_probabilities,
    predict_with_loss,
    top_guesses,
)


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_probabilities_are_keras_predictions(keras, build_cnn, images_and_labels, logits, dtype):
    model, (images, _) = build_cnn(logits=logits), images_and_labels(25)
    outputs = model.predict(images.astype(np.float32) / 255, verbose=0)
    expected = np.asarray(keras.ops.softmax(outputs)) if logits else outputs
    received = predict_probabilities(model, images.astype(dtype), batch_size=10)
    # The same float32 operations in batches of another size.
    np.testing.assert_allclose(received, expected, atol=1e-6)
    np.testing.assert_allclose(received.sum(axis=1), 1, atol=1e-6)


def test_large_images_are_predicted_in_parts(keras):
    layers = [keras.Input((80, 80, 1)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential(layers)
    images = np.random.default_rng(1).integers(0, 256, (700, 80, 80, 1), dtype=np.uint8)
    assert choose_batch_size(images.shape[1:]) == 640
    expected = model.predict(images.astype(np.float32) / 255, verbose=0)
    np.testing.assert_allclose(predict_probabilities(model, images), expected, atol=1e-6)


@pytest.mark.parametrize("logits", [False, True])
def test_the_loss_is_that_of_keras_evaluate(build_cnn, images_and_labels, logits):
    model, (images, labels) = build_cnn(logits=logits), images_and_labels(25)
    classifier = model.get_layer("classifier")
    # Scores of +-1000: a loss taken from clipped probabilities would stop at 16.
    classifier.set_weights([weights * 1000 for weights in classifier.get_weights()])
    expected, _ = model.evaluate(images.astype(np.float32) / 255, labels, verbose=0)
    probabilities, loss = predict_with_loss(model, images, labels, batch_size=10)
    assert expected > 20
    assert loss == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(probabilities, predict_probabilities(model, images), atol=1e-6)


def test_a_model_without_a_loss_is_reported(keras, build_cnn, images_and_labels):
    compiled = build_cnn()
    with pytest.raises(RunError, match="compiled with a loss"):
        predict_with_loss(keras.Model(compiled.inputs, compiled.outputs), *images_and_labels(3))


def test_a_model_that_diverged_is_reported(build_cnn, images_and_labels):
    model = build_cnn()
    classifier = model.get_layer("classifier")
    classifier.set_weights([weights * np.nan for weights in classifier.get_weights()])
    with pytest.raises(RunError, match="diverged"):
        predict_probabilities(model, images_and_labels(3)[0])


def test_the_likeliest_classes_come_first_and_equals_by_label():
    assert top_guesses(np.array([0.25, 0.25, 0.1, 0.4]), 3) == (Guess(3, 0.4), Guess(0, 0.25), Guess(1, 0.25))
    assert len(top_guesses(np.array([0.3, 0.7]), 3)) == 2
