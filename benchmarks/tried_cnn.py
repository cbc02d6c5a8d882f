"""A network whose layers are a hyperparameter, for `tries.py`: `net="32k5 P 64 64 P"`.

`32` is a 3x3 convolution with 32 kernels and ReLU, `32k5` one with 5x5 kernels, and `P` a max pooling. Batch
normalization follows each pooling (`norm=block`) or each convolution (`norm=conv`). A sweep's grid takes no spaces:
write `net=32k5_P_64_64_P` there.
"""

from dataclasses import dataclass

import keras
from keras import layers

import keras_cnn_course as kcnn


@dataclass(frozen=True, kw_only=True)
class Layout(kcnn.Hyperparameters):
    """The layers, and what keeps them from learning the training images by heart."""

    net: str = "48 48 P 96 96 P"
    norm: str = "block"
    pad: str = "valid"
    dropout: float = 0.4


HYPERPARAMETERS = Layout(
    epochs=30,
    batch_size=125,
    learning_rate=0.002,
    schedule="one_cycle",
    augment="elastic",
    validation_split=0.1,
    keep="last",
    units=256,
)


def build_model(hyperparameters: Layout, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return the compiled model: images (height, width, channels) in [0, 1] to `num_classes` probabilities."""
    image = features = keras.Input(input_shape, name="image")
    for word in hyperparameters.net.replace("_", " ").split():
        if word == "P":
            features = layers.MaxPooling2D(pool_size=2)(features)
            if hyperparameters.norm == "block":
                features = layers.BatchNormalization()(features)
            continue
        filters, _, kernel_size = word.partition("k")
        each = hyperparameters.norm == "conv"
        convolution = layers.Conv2D(int(filters), int(kernel_size or 3), padding=hyperparameters.pad, use_bias=not each)
        features = convolution(features)
        if each:
            features = layers.BatchNormalization(momentum=0.9)(features)
        features = layers.ReLU()(features)
    features = layers.Flatten()(features)
    features = layers.Dense(hyperparameters.units, activation="relu")(features)
    features = layers.Dropout(hyperparameters.dropout)(features)
    probabilities = layers.Dense(num_classes, activation="softmax", name="classifier")(features)
    model = keras.Model(image, probabilities, name="tried_cnn")
    optimizer = keras.optimizers.Adam(hyperparameters.learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    kcnn.train(build_model)
