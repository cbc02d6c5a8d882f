"""Another network, with two blocks and logits as its output."""

import keras
import numpy as np
from keras import layers


def train_and_predict(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Train the network and return the most likely class of each test image."""
    model = keras.Sequential(
        [
            keras.Input(x_train.shape[1:]),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(x_train, y_train, batch_size=32, epochs=8, verbose=0)
    return np.argmax(model.predict(x_test, verbose=0), axis=-1)
