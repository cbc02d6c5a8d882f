"""The most accurate: four convolutions, batch normalization, dropout, weight decay, distortion.

Beyond the lecture: its slide "CNN's" says to repeat the block; 432,714 parameters on 28x28 gray images.
Measured: 99.71% of MNIST's test images (mean of 10 seeds), 99.35% of the embedded digits' (3 seeds).
"""

import keras
from keras import layers

import keras_cnn_course as kcnn

HYPERPARAMETERS = kcnn.Hyperparameters(
    epochs=28, min_steps=400,  # 34 epochs on the embedded digits, where an epoch has only 12 steps
    batch_size=125, learning_rate=0.002, schedule="one_cycle", augment="slanted", plain_epochs=1,
    validation_split=0.02, keep="last", filters=48, units=256,
)


def build_model(hyperparameters: kcnn.Hyperparameters, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return the compiled model: images (height, width, channels) in [0, 1] to `num_classes` probabilities."""
    image = features = keras.Input(input_shape, name="image")
    for block, numbers in ((1, (1,)), (2, (2, 3, 4))):
        for number in numbers:
            features = layers.Conv2D(block * hyperparameters.filters, kernel_size=3, name=f"conv_{number}")(features)
            features = layers.ReLU(name=f"relu_{number}")(features)
        features = layers.MaxPooling2D(pool_size=2, name=f"pool_{block}")(features)
        features = layers.BatchNormalization(momentum=0.95, name=f"normalize_{block}")(features)
    features = layers.Flatten(name="flatten")(features)
    features = layers.Dense(hyperparameters.units, activation="relu", name="dense_1")(features)
    features = layers.Dropout(0.4, name="dropout")(features)
    probabilities = layers.Dense(num_classes, activation="softmax", name="classifier")(features)
    model = keras.Model(image, probabilities, name="best_cnn")
    optimizer = keras.optimizers.AdamW(hyperparameters.learning_rate, weight_decay=0.3)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    kcnn.train(build_model)
