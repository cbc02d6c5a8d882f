"""Test-time augmentation: the mean of what a model answers for an image and for its shifted copies."""

import itertools
from typing import Any

import keras
import numpy as np

from keras_cnn_course.models.inference import outputs_logits

__all__ = ["average_over_shifts"]


def average_over_shifts(model: Any, radius: int) -> keras.Model:
    """Return a model that gives the mean probabilities over all shifts of its image by up to `radius` pixels.

    There are `(2 * radius + 1) ** 2` shifts, the image as it is among them; each takes as long as the model itself.
    What is outside the image continues the pixel at its border, as in augmentation.

    Args:
        model: a built Keras model that maps images to probabilities or logits.
        radius: largest shift along each axis, in pixels; at least 1.

    Returns:
        A Keras model from images to probabilities, compiled with the categorical cross entropy for integer labels.
    """
    image = keras.Input(model.input_shape[1:], name="image")
    activation = "softmax" if outputs_logits(model) else "linear"
    probabilities = keras.layers.Activation(activation, dtype="float32")
    views = [
        probabilities(model(_move(image, down, right)))
        for down, right in itertools.product(range(-radius, radius + 1), repeat=2)
    ]
    averaged = keras.Model(image, keras.layers.average(views), name=f"{model.name}_averaged")
    averaged.compile(loss="sparse_categorical_crossentropy")
    return averaged


def _move(image: Any, down: int, right: int) -> Any:
    """Return images of which every pixel was read `down` pixels higher and `right` pixels further left."""
    for axis, distance in ((1, down), (2, right)):
        last = image.shape[axis] - 1
        image = keras.ops.take(image, np.clip(np.arange(last + 1) - distance, 0, last), axis=axis)
    return image
