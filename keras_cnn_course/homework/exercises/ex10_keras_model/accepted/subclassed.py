"""A subclass that creates its layers in the opposite order."""

import keras


class Network(keras.Model):
    """The network of the slide."""

    def __init__(self, filters: int, units: int, classes: int) -> None:
        super().__init__()
        self.classifier = keras.layers.Dense(classes)
        self.dense = keras.layers.Dense(units, activation="relu")
        self.flatten = keras.layers.Flatten()
        self.pool = keras.layers.MaxPooling2D()
        self.convolution = keras.layers.Conv2D(filters, 3, activation="relu")

    def call(self, images: object) -> object:
        """Apply the layers."""
        return self.classifier(self.dense(self.flatten(self.pool(self.convolution(images)))))


def build_model(input_shape: tuple[int, int, int], filters: int, units: int, classes: int) -> keras.Model:
    """Build and compile the model."""
    model = Network(filters, units, classes)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
