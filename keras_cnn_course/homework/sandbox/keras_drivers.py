"""How functions that take or return Keras models are called, so that only arrays have to leave the worker.

Nothing here decides what is right: a model is taken apart into numbers, which the grader computes with on its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from keras_cnn_course.homework.sandbox.running import Driver

__all__ = ["DRIVERS", "prepare"]

_STEPS = 30


def prepare(seed: int) -> None:
    """Start TensorFlow on one thread and set every seed, so that a training repeats bit for bit."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.config.set_image_data_format("channels_last")
    keras.utils.set_random_seed(seed)


def inspect_model(build: Callable[..., Any], arguments: Sequence[Any]) -> list[np.ndarray]:
    """Build a model, use it and train it a little.

    Args:
        build: the student's function.
        arguments: images `(n, height, width, channels)`, labels `(m,)` of the first of them, then the function's own
            arguments.

    Returns:
        The outputs `(n, classes)`; three losses on the images with labels: the model's loss of its outputs, and those
        that Keras reports before and after some steps of training; the number of frozen parameters; and the trainable
        weights as they were before.
    """
    images, labels, *own = arguments
    model = build(*own)
    if not isinstance(model, keras.Model):
        raise TypeError(f"expected a Keras model, received {type(model).__name__}")
    if not model.compiled:
        raise TypeError("expected a compiled model: model.compile(optimizer, loss)")
    outputs = np.asarray(model.predict_on_batch(images))
    weights = [np.asarray(weight) for weight in model.trainable_weights]
    frozen = sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
    # Where a softmax is the last layer, Keras finds its logits again and mends a wrong from_logits; not for an array.
    known = images[: len(labels)]
    loss = float(np.mean(keras.losses.get(model.loss)(labels, outputs[: len(labels)])))
    before = _reported_loss(model, known, labels)
    for _ in range(_STEPS):
        model.train_on_batch(known, labels)
    losses = np.array([loss, before, _reported_loss(model, known, labels)])
    return [outputs, losses, np.array(frozen), *weights]


def read_filters(read: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
    """Give a student's function a model whose first convolution has known kernels, and return what it reads.

    Args:
        read: the student's function.
        arguments: kernels `(rows, columns, channels, k)`, and a number that decides which model is built around them.
    """
    kernels, style = arguments
    rows, columns, channels, count = kernels.shape
    image = keras.Input((rows + 6, columns + 5, channels))
    first = keras.layers.Conv2D(count, (rows, columns), name=f"layer_{style}")
    hidden = first(keras.layers.Rescaling(1.0)(image) if style % 2 else image)
    hidden = keras.layers.ReLU()(hidden)
    if style % 3:
        hidden = keras.layers.Conv2D(count + 1, 2)(hidden)
    model = keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(hidden)))
    first.set_weights([kernels, np.zeros(count, np.float32)])
    return [read(model)]


def _reported_loss(model: Any, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the loss that Keras reports of a batch."""
    return float(model.evaluate(images, labels, batch_size=len(images), verbose=0, return_dict=True)["loss"])


DRIVERS: Mapping[str, "Driver"] = {"inspect model": inspect_model, "read filters": read_filters}
