"""Exercise 11: train a network on handwritten digits."""

import numpy as np
from ex10_keras_model import build_model


def train_and_predict(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Train the network from exercise 10 and return the most likely class of each test image."""
    model = build_model(x_train.shape[1:], 16, 64, 10)
    model.fit(x_train, y_train, batch_size=32, epochs=8, verbose=0)
    outputs = model.predict(x_test, verbose=0)
    return outputs.argmax(axis=1)
