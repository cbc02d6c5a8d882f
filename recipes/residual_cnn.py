"""For photographs of things: two residual blocks with batch normalization, which needs more epochs.

Beyond the lecture: each block adds what it computes to its input; 761,258 parameters on 28x28 gray images.
"""

import keras
from keras import layers

import keras_cnn_course as kcnn

HYPERPARAMETERS = kcnn.Hyperparameters(
    epochs=24, min_steps=400,
    batch_size=125, learning_rate=0.003, schedule="one_cycle", augment="auto", validation_split=0.02, keep="last",
    filters=32, units=256,
)


def build_model(hyperparameters: kcnn.Hyperparameters, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return the compiled model: images (height, width, channels) in [0, 1] to `num_classes` probabilities."""
    image = keras.Input(input_shape, name="image")
    features = convolve(image, hyperparameters.filters, "conv_1")
    features = layers.MaxPooling2D(pool_size=2, name="pool_1")(features)
    for block, filters in enumerate((2 * hyperparameters.filters, 4 * hyperparameters.filters), start=2):
        features = convolve(features, filters, f"conv_{block}")
        change = convolve(features, filters, f"conv_{block}a")
        change = convolve(change, filters, f"conv_{block}b")
        features = layers.Add(name=f"add_{block}")([features, change])
        features = layers.MaxPooling2D(pool_size=2, name=f"pool_{block}")(features)
    features = layers.Flatten(name="flatten")(features)
    features = layers.Dense(hyperparameters.units, activation="relu", name="dense_1")(features)
    features = layers.Dropout(0.3, name="dropout")(features)
    probabilities = layers.Dense(num_classes, activation="softmax", name="classifier")(features)
    model = keras.Model(image, probabilities, name="residual_cnn")
    optimizer = keras.optimizers.Adam(hyperparameters.learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def convolve(features: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Return the features after a 3x3 convolution, batch normalization and ReLU, as high and wide as before."""
    features = layers.Conv2D(filters, kernel_size=3, padding="same", use_bias=False, name=name)(features)
    features = layers.BatchNormalization(momentum=0.9, name=name.replace("conv", "normalize"))(features)
    return layers.ReLU(name=name.replace("conv", "relu"))(features)


if __name__ == "__main__":
    kcnn.train(build_model)
