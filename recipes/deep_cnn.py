"""Two convolution blocks: k, then 2k 3x3 kernels, each with ReLU and max pooling.

Slide "Handwritten Digit Recognition" (two blocks); 843,658 parameters on 28x28 gray images.
Measured: 99.24% of MNIST's test images (mean of 10 seeds), 99.17% of the embedded digits' (3 seeds).
"""

import keras
from keras import layers

import keras_cnn_course as kcnn

HYPERPARAMETERS = kcnn.Hyperparameters(
    epochs=4, min_steps=150,  # 50 epochs on the embedded digits, where an epoch has only 3 steps
    batch_size=500, learning_rate=0.006, schedule="one_cycle", augment="auto", validation_split=0.1, keep="last",
    filters=32, units=512,
)


def build_model(hyperparameters: kcnn.Hyperparameters, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return the compiled model: images (height, width, channels) in [0, 1] to `num_classes` probabilities."""
    model = keras.Sequential([
        keras.Input(input_shape, name="image"),
        layers.Conv2D(hyperparameters.filters, kernel_size=3, name="conv_1"),
        layers.ReLU(name="relu_1"),
        layers.MaxPooling2D(pool_size=2, name="pool_1"),
        layers.Conv2D(2 * hyperparameters.filters, kernel_size=3, name="conv_2"),
        layers.ReLU(name="relu_2"),
        layers.MaxPooling2D(pool_size=2, name="pool_2"),
        layers.Flatten(name="flatten"),
        layers.Dense(hyperparameters.units, activation="relu", name="dense_1"),
        layers.Dense(num_classes, activation="softmax", name="classifier"),
    ], name="deep_cnn")
    optimizer = keras.optimizers.Adam(hyperparameters.learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    kcnn.train(build_model)
