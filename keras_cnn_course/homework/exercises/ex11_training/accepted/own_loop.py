"""The order of the images is chosen here, and each batch is one call."""

import numpy as np
from ex10_keras_model import build_model


def train_and_predict(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Return the most probable class of each image in x_test."""
    model = build_model((28, 28, 1), 24, 96, 10)
    generator = np.random.default_rng(0)
    for _ in range(8):
        for batch in np.array_split(generator.permutation(len(x_train)), len(x_train) // 32):
            model.train_on_batch(x_train[batch], y_train[batch])
    return np.argmax(model.predict_on_batch(x_test), axis=1).astype(np.int64)
