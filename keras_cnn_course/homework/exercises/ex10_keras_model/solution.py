"""Exercise 10: a CNN with one block in Keras."""

import keras
from keras import layers


def build_model(input_shape: tuple[int, int, int], filters: int, units: int, classes: int) -> keras.Model:
    """Build and compile the model. Its last layer outputs probabilities."""
    model = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(filters, kernel_size=3, activation="relu"),
            layers.MaxPooling2D(pool_size=2),
            layers.Flatten(),
            layers.Dense(units, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(optimizer="adam", loss=loss)
    return model
