"""Layers added one by one, a softmax layer at the end, and the loss by its name."""

import keras


def build_model(input_shape: tuple[int, int, int], filters: int, units: int, classes: int) -> keras.Model:
    """Build and compile the model."""
    model = keras.Sequential()
    model.add(keras.Input(input_shape))
    model.add(keras.layers.Conv2D(filters, 3))
    model.add(keras.layers.MaxPooling2D(2))
    model.add(keras.layers.ReLU())  # ReLU may come after max pooling: the result is the same
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(units, activation=keras.activations.relu))
    model.add(keras.layers.Dense(classes))
    model.add(keras.layers.Softmax())
    model.compile(keras.optimizers.RMSprop(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
