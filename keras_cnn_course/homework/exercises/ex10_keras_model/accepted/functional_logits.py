"""The functional API; the last layer outputs logits, and the loss has from_logits=True."""

import keras
from keras import layers


def build_model(input_shape: tuple[int, int, int], filters: int, units: int, classes: int) -> keras.Model:
    """Build and compile the model."""
    image = keras.Input(input_shape, name="picture")
    features = layers.Conv2D(filters, (3, 3))(image)
    features = layers.MaxPool2D()(layers.ReLU()(features))
    hidden = layers.Dense(units)(layers.Flatten()(features))
    logits = layers.Dense(classes)(layers.Activation("relu")(hidden))
    model = keras.Model(image, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(0.002), loss)
    return model
