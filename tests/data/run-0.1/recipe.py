"""One convolution block: k 3x3 kernels, ReLU, max pooling, then the dense classifier.

Slide "Handwritten Digit Recognition" (one block); 2,774,858 parameters on 28x28 grey images.
Measured: 98.73% of MNIST's test images, 98.43% of the embedded digits' (means of 3 seeds).
"""

import keras
from keras import layers

from keras_cnn_course.hyperparameters import Hyperparameters

HYPERPARAMETERS = Hyperparameters(epochs=4, min_steps=150, batch_size=500, learning_rate=0.004, filters=32, units=512)


def build_model(hyperparameters: Hyperparameters, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return the compiled model: images (height, width, channels) in [0, 1] to `num_classes` probabilities."""
    model = keras.Sequential(
        [
            keras.Input(input_shape, name="image"),
            layers.Conv2D(hyperparameters.filters, kernel_size=3, name="conv_1"),
            layers.ReLU(name="relu_1"),
            layers.MaxPooling2D(pool_size=2, name="pool_1"),
            layers.Flatten(name="flatten"),
            layers.Dense(hyperparameters.units, activation="relu", name="dense_1"),
            layers.Dense(num_classes, activation="softmax", name="classifier"),
        ],
        name="cnn",
    )
    optimizer = keras.optimizers.Adam(hyperparameters.learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    from keras_cnn_course.cli import main

    main(["train", "--recipe", __file__])
