"""Call functions that take or return Keras models, so that only arrays have to leave the sandbox.

Nothing here judges a model. It is taken apart into numbers, and the grader computes with those itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from keras_cnn_course.homework.sandbox.watched_models import watch_predictions

if TYPE_CHECKING:
    from keras_cnn_course.homework.sandbox.running import Driver

__all__ = ["DRIVERS", "prepare"]

_STEPS = 30


def prepare(seed: int) -> None:
    """Limit TensorFlow to one thread and set every seed, so that a training can be repeated bit for bit."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.config.set_image_data_format("channels_last")
    keras.utils.set_random_seed(seed)


def inspect_model(build: Callable[..., Any], arguments: Sequence[Any]) -> list[np.ndarray]:
    """Build a model, use it with weights of ours, and train it a little from its own.

    Its own weights may hide what it computes: with kernels of zeros, all networks agree.

    Args:
        build: the student's function.
        arguments: images `(n, height, width, channels)`; labels `(m,)` of the first `m` images; a tuple of weights,
            each with a shape of its own, for the trainable weights of the same shape; and the arguments for `build`.

    Returns:
        The outputs `(n, classes)` and a loss with these weights, which is the model's loss function applied to its
        outputs on the labeled images; the losses that Keras reports before and after a few training steps from its own
        initial weights; the number of frozen parameters; and the initial trainable weights.
    """
    images, labels, given, *own = arguments
    model = build(*own)
    if not isinstance(model, keras.Model):
        raise TypeError(f"Return a Keras model, not {type(model).__name__}.")
    if not model.compiled:
        raise TypeError("Compile the model before you return it: model.compile(optimizer, loss).")
    model.predict_on_batch(images)  # builds a model that is not built yet
    weights = [np.asarray(weight) for weight in model.trainable_weights]
    frozen = sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
    # If the last layer is a softmax, Keras recovers its logits and so corrects a wrong from_logits. With an array of
    # outputs it cannot do so.
    by_shape = {weight.shape: weight for weight in given}
    for variable in model.trainable_weights:
        variable.assign(by_shape.get(tuple(variable.shape), variable))
    outputs = np.asarray(model.predict_on_batch(images))
    for variable, weight in zip(model.trainable_weights, weights, strict=True):
        variable.assign(weight)
    known = images[: len(labels)]
    loss = _compute_loss(model, labels, outputs[: len(labels)])
    before = _reported_loss(model, known, labels)
    for _ in range(_STEPS):
        model.train_on_batch(known, labels)
    losses = np.array([loss, before, _reported_loss(model, known, labels)])
    return [outputs, losses, np.array(frozen), *weights]


def read_filters(read: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
    """Call a student's function with a model whose first convolution has known kernels, and return its result.

    Args:
        read: the student's function.
        arguments: kernels `(rows, columns, channels, k)`, and a number that selects the model to build around them.
    """
    kernels, style = arguments
    rows, columns, channels, count = kernels.shape
    image = keras.Input((rows + 6, columns + 5, channels))
    first = keras.layers.Conv2D(count, (rows, columns), name=f"layer_{style}")
    before = keras.layers.Rescaling(1.0)(image) if style % 2 else image
    if style % 4 == 2:  # it has kernels with four axes, too, but it is no Conv2D
        before = keras.layers.DepthwiseConv2D(1, name=f"conv_{style}")(before)
    hidden = first(before)
    hidden = keras.layers.ReLU()(hidden)
    if style % 3:
        hidden = keras.layers.Conv2D(count + 1, 2)(hidden)
    model = keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(hidden)))
    first.set_weights([kernels, np.zeros(count, np.float32)])
    return [read(model)]


def _compute_loss(model: Any, labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the loss of outputs, computed by the model's own loss function."""
    losses = tf.nest.flatten(model.loss)  # Keras also takes [loss], and {"name of the output": loss}
    if losses == [None]:
        raise TypeError("Compile the model with a loss: model.compile(optimizer, loss).")
    if len(losses) != 1:
        raise TypeError(f"Compile the model with one loss, because it has one output. It has {len(losses)} losses.")
    try:
        return float(np.mean(keras.losses.get(losses[0])(labels, outputs)))
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        raise TypeError(
            "The loss cannot be computed from these labels: they are whole numbers, one per image. Losses such as "
            "categorical_crossentropy and mse need a row of numbers per image. Use sparse_categorical_crossentropy."
        ) from error


def _reported_loss(model: Any, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the loss that Keras reports for a batch."""
    return float(model.evaluate(images, labels, batch_size=len(images), verbose=0, return_dict=True)["loss"])


DRIVERS: Mapping[str, "Driver"] = {
    "inspect model": inspect_model,
    "read filters": read_filters,
    "watch predictions": watch_predictions,
}
