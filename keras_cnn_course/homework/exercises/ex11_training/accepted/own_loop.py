"""A training loop that shuffles the images and trains on one batch at a time."""

import numpy as np
from ex10_keras_model import build_model


def train_and_predict(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Train the network from exercise 10 and return the most likely class of each test image."""
    model = build_model((28, 28, 1), 24, 96, 10)
    generator = np.random.default_rng(0)
    for _ in range(8):
        for batch in np.array_split(generator.permutation(len(x_train)), len(x_train) // 32):
            model.train_on_batch(x_train[batch], y_train[batch])
    return np.argmax(model.predict_on_batch(x_test), axis=1).astype(np.int64)
