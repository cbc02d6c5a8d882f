"""A network whose layers are a hyperparameter, for `tries.py`: `net="32k5 P 64 64 P"`.

`32` is a 3x3 convolution with 32 kernels and ReLU, `32k5` one with 5x5 kernels, and `P` a max pooling. Batch
normalization follows each pooling (`norm=block`) or each convolution (`norm=conv`). A sweep's grid takes no spaces:
write `net=32k5_P_64_64_P` there.

With `columns=2`, two networks learn side by side, and the model's answer is the mean of their probabilities or logits.
Against answers that are too sure, `penalty` is the factor of the logits' squares in the loss, and `smoothing` the share
of each label that goes to all classes alike (Szegedy et al., 2016, "Rethinking the Inception architecture").

`momentum` is that of the normalization after a pooling. After each step, `weight_decay` times the learning rate is the
share of every weight that is taken away (Loshchilov and Hutter, 2019, "Decoupled weight decay regularization").
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf
from keras import layers

import keras_cnn_course as kcnn

LOSS = "sparse_categorical_crossentropy"


@dataclass(frozen=True, kw_only=True)
class Layout(kcnn.Hyperparameters):
    """The layers, and what keeps them from learning the training images by heart."""

    net: str = "48 48 P 96 96 P"
    norm: str = "block"
    pad: str = "valid"
    dropout: float = 0.4
    block_dropout: float = 0.0
    penalty: float = 0.0
    smoothing: float = 0.0
    weight_decay: float = 0.0
    momentum: float = 0.99
    columns: int = 1
    mean_of: str = "probabilities"


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
    image = keras.Input(input_shape, name="image")
    columns = [_extract_features(image, hyperparameters) for _ in range(hyperparameters.columns)]
    factor = hyperparameters.penalty / len(columns)
    penalty = keras.regularizers.L2(factor) if factor else None
    answers = [layers.Dense(num_classes, activity_regularizer=penalty)(features) for features in columns]
    if hyperparameters.mean_of == "probabilities":
        answers = [layers.Activation("softmax")(logits) for logits in answers]
    answer = layers.Average()(answers) if len(answers) > 1 else answers[0]
    if hyperparameters.mean_of == "logits":
        answer = layers.Activation("softmax")(answer)
    model = keras.Model(image, answer, name="tried_cnn")
    optimizer = keras.optimizers.AdamW(hyperparameters.learning_rate, weight_decay=hyperparameters.weight_decay)
    loss = _smoothed(num_classes, hyperparameters.smoothing) if hyperparameters.smoothing else LOSS
    model.compile(optimizer, loss=loss, metrics=["accuracy"])
    return model


def _extract_features(image: keras.KerasTensor, hyperparameters: Layout) -> keras.KerasTensor:
    """Return what the classifier reads."""
    features = image
    for word in hyperparameters.net.replace("_", " ").split():
        if word == "P":
            features = layers.MaxPooling2D(pool_size=2)(features)
            if hyperparameters.norm == "block":
                features = layers.BatchNormalization(momentum=hyperparameters.momentum)(features)
            if hyperparameters.block_dropout:
                features = layers.Dropout(hyperparameters.block_dropout)(features)
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
    return layers.Dropout(hyperparameters.dropout)(features)


def _smoothed(num_classes: int, share: float) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return the cross entropy with smoothed labels. Keras has it only for labels that are rows of numbers."""

    def loss(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
        rows = keras.ops.one_hot(keras.ops.reshape(labels, (-1,)), num_classes)
        return keras.losses.categorical_crossentropy(rows, probabilities, label_smoothing=share)

    return loss


if __name__ == "__main__":
    kcnn.train(build_model)
