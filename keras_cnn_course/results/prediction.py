"""Predictions of a trained model: probabilities, and the likeliest classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError
from keras_cnn_course.models.inference import choose_batch_size, outputs_logits

__all__ = ["Guess", "format_guesses", "predict_probabilities", "predict_with_loss", "top_guesses"]


@dataclass(frozen=True)
class Guess:
    """A class and the probability that a model gives to it; its score if the model's outputs are not probabilities."""

    label: int
    probability: float


def predict_probabilities(model: Any, images: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
    """Return the probability of every class, float32 `(n, classes)`, for images with values from 0 to 255.

    The model receives `images / 255`. If its compiled loss expects logits, the softmax is applied here.

    Args:
        model: a built Keras model that maps images to probabilities or logits.
        images: uint8 or float32, `(n, height, width, channels)`.
        batch_size: images per call; as many as `choose_batch_size` says when None.

    Raises:
        RunError: an output is not finite, because training diverged.
    """
    import tensorflow as tf

    # Traced once, explicitly: TensorFlow warns when a function is traced again for one model after another.
    forward = tf.function(
        lambda batch: _probabilities(model, model(_scaled(batch), training=False)),
        input_signature=[_signature(images)],
    ).get_concrete_function()
    batch_size = batch_size or choose_batch_size(images.shape[1:])
    starts = range(0, len(images), batch_size)
    batches = [forward(tf.convert_to_tensor(images[start : start + batch_size])).numpy() for start in starts]
    return _finite(np.concatenate(batches))


def predict_with_loss(
    model: Any, images: np.ndarray, labels: np.ndarray, *, batch_size: int | None = None
) -> tuple[np.ndarray, float]:
    """Return the probabilities, like `predict_probabilities`, and the mean of the model's compiled loss, in one pass.

    The loss is the one that `model.evaluate` returns: it includes penalties on the weights, and Keras computes it from
    the logits if the model ends in a softmax.

    Args:
        model: a compiled Keras model.
        images: uint8 or float32, `(n, height, width, channels)`.
        labels: int32 `(n,)`.
        batch_size: images per call; as many as `choose_batch_size` says when None.

    Raises:
        RunError: the model is not compiled with a loss for integer labels, or an output is not finite.
    """
    import tensorflow as tf

    def forward(batch: Any, batch_labels: Any) -> tuple[Any, Any]:
        outputs = model(_scaled(batch), training=False)
        loss = model.compute_loss(y=batch_labels, y_pred=outputs, training=False)
        return _probabilities(model, outputs), tf.cast(loss, tf.float32)

    compiled = tf.function(forward, input_signature=[_signature(images), tf.TensorSpec((None,), tf.int32)])
    batch_size = batch_size or choose_batch_size(images.shape[1:])
    batches, total = [], 0.0
    try:
        for start in range(0, len(images), batch_size):
            part = slice(start, start + batch_size)
            labels_part = tf.convert_to_tensor(labels[part], dtype=tf.int32)
            probabilities, loss = compiled(tf.convert_to_tensor(images[part]), labels_part)
            batches.append(probabilities.numpy())
            total += float(loss) * len(batches[-1])
    except ValueError as error:
        reason = str(error).strip().splitlines()[-1]
        raise RunError(f"The model must be compiled with a loss for integer labels. Keras says: {reason}") from error
    return _finite(np.concatenate(batches)), total / len(images)


def _signature(images: np.ndarray) -> Any:
    """Return the shape and type of a batch of any size, so that the smaller last batch needs no second trace."""
    import tensorflow as tf

    return tf.TensorSpec((None, *images.shape[1:]), tf.as_dtype(images.dtype))


def _scaled(batch: Any) -> Any:
    import tensorflow as tf

    return tf.cast(batch, tf.float32) / 255.0


def _probabilities(model: Any, outputs: Any) -> Any:
    """Return a model's outputs as float32 probabilities, with the softmax applied to logits."""
    import tensorflow as tf

    outputs = tf.cast(outputs, tf.float32)
    return tf.nn.softmax(outputs) if outputs_logits(model) else outputs


def _finite(probabilities: np.ndarray) -> np.ndarray:
    if not np.isfinite(probabilities).all():
        raise RunError(
            "The model's outputs are NaN or infinite, because its training diverged. "
            "Train again with a lower `learning_rate=`."
        )
    return probabilities


def top_guesses(probabilities: np.ndarray, count: int = 3) -> tuple[Guess, ...]:
    """Return the likeliest classes of one image, the likeliest first; ties in the order of their labels.

    >>> [guess.label for guess in top_guesses(np.array([0.1, 0.7, 0.2]), 2)]
    [1, 2]
    """
    order = np.argsort(-probabilities, kind="stable")[:count]
    return tuple(Guess(int(label), float(probabilities[label])) for label in order)


def format_guesses(guesses: Sequence[Guess], class_names: Sequence[str], *, outputs: str) -> str:
    """Return classes with their probabilities in percent, or with their scores as plain numbers, in one line.

    Args:
        outputs: what the model's outputs are, see `RunRecord.outputs`.

    >>> guesses = Guess(1, 0.9), Guess(0, 0.1)
    >>> format_guesses(guesses, ("cat", "dog"), outputs="logits")  # a softmax made them probabilities
    'dog 90.00%   cat 10.00%'
    >>> format_guesses(guesses, ("cat", "dog"), outputs="scores")
    'dog 0.9   cat 0.1'
    """
    form = ".4g" if outputs == "scores" else ".2%"
    return "   ".join(f"{class_names[one.label]} {one.probability:{form}}" for one in guesses)
