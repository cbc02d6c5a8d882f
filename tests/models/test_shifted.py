import keras
import numpy as np
import pytest

from keras_cnn_course.models.shifted import average_over_shifts
from keras_cnn_course.results.prediction import predict_probabilities


def make_model(activation):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            keras.layers.Conv2D(3, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation=activation),
        ]
    )
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=activation is None))
    return model


@pytest.mark.parametrize("activation", ["softmax", None])
def test_it_is_the_mean_of_the_probabilities_of_all_moved_images(activation):
    model = make_model(activation)
    images = np.random.default_rng(0).integers(0, 256, (7, 6, 5, 2), dtype=np.uint8)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    moved = [padded[:, down : down + 6, right : right + 5] for down in range(3) for right in range(3)]
    expected = np.mean([predict_probabilities(model, view) for view in moved], axis=0)
    averaged = predict_probabilities(average_over_shifts(model, 1), images)
    np.testing.assert_allclose(averaged, expected, atol=1e-6)
    np.testing.assert_allclose(averaged.sum(axis=1), 1, atol=1e-6)
