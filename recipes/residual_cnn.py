"""A network of residual blocks, for pictures of things.

Beyond the lecture: its slide "CNN's" says to repeat the block; 761,258 parameters on 28x28 gray images.
Measured: 94.06% of Fashion-MNIST's test images (1 seed). The blocks are those of He et al. (2015).
"""

import keras
from keras import layers

import keras_cnn_course as kcnn

HYPERPARAMETERS = kcnn.Hyperparameters(
    epochs=24, min_steps=400,  # 34 epochs on the embedded digits, where an epoch has only 12 steps
    batch_size=125, learning_rate=0.003, schedule="one_cycle", augment="objects", validation_split=0.02, keep="last",
    filters=32, units=256,
)


def build_model(hyperparameters: kcnn.Hyperparameters, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return the compiled model: images (height, width, channels) in [0, 1] to `num_classes` probabilities."""
    def convolve(features: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
        features = layers.Conv2D(filters, kernel_size=3, padding="same", use_bias=False, name=f"conv_{name}")(features)
        return layers.ReLU(name=f"relu_{name}")(layers.BatchNormalization(momentum=0.9, name=f"norm_{name}")(features))
    image = keras.Input(input_shape, name="image")
    features = layers.MaxPooling2D(pool_size=2, name="pool_1")(convolve(image, hyperparameters.filters, "1"))
    for block, filters in (("2", 2 * hyperparameters.filters), ("3", 4 * hyperparameters.filters)):
        features = convolve(features, filters, block)
        change = convolve(convolve(features, filters, f"{block}a"), filters, f"{block}b")
        features = layers.Add(name=f"add_{block}")([features, change])
        features = layers.MaxPooling2D(pool_size=2, name=f"pool_{block}")(features)
    features = layers.Dense(hyperparameters.units, activation="relu", name="dense_1")(layers.Flatten()(features))
    probabilities = layers.Dense(num_classes, activation="softmax", name="classifier")(layers.Dropout(0.3)(features))
    model = keras.Model(image, probabilities, name="residual_cnn")
    optimizer = keras.optimizers.AdamW(hyperparameters.learning_rate, weight_decay=0.3)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    kcnn.train(build_model)
