"""deep_cnn with an exponential moving average of its weights, for `tries.py`.

Beyond the lecture: the slide "Handwritten Digit Recognition" (two blocks), trained with `Adam(use_ema=True)`.
"""

from dataclasses import asdict, dataclass

import keras

import keras_cnn_course as kcnn
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe

_PLAIN = load_recipe(find_recipe("deep_cnn"))


@dataclass(frozen=True, kw_only=True)
class Averaged(kcnn.Hyperparameters):
    """The hyperparameters of deep_cnn, and the share of the average that stays in each step."""

    momentum: float = 0.99


HYPERPARAMETERS = Averaged(**asdict(_PLAIN.hyperparameters))


def build_model(hyperparameters: Averaged, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return deep_cnn, compiled with an optimizer that averages the weights."""
    model = _PLAIN.build_model(hyperparameters, input_shape, num_classes)
    averaging = {"use_ema": True, "ema_momentum": hyperparameters.momentum}
    optimizer = keras.optimizers.Adam(hyperparameters.learning_rate, **averaging)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
