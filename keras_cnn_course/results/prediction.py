"""Images through a trained model: probabilities, and the likeliest classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError

__all__ = ["BATCH_SIZE", "Guess", "predict_probabilities", "predict_with_loss", "top_guesses"]

BATCH_SIZE = 1000
"""Images a call: large enough that the call itself costs nothing, small enough for any model of the lecture."""


@dataclass(frozen=True)
class Guess:
    """One class that a model considers for an image: its label and its probability."""

    label: int
    probability: float


def predict_probabilities(model: Any, images: np.ndarray, *, batch_size: int = BATCH_SIZE) -> np.ndarray:
    """Return the probabilities of every class for images on the scale 0 to 255.

    The model sees `images / 255`. Where its compiled loss takes logits, the softmax is applied here.

    Args:
        model: a built Keras model of image -> probabilities or logits.
        images: uint8 or float32, `(n, height, width, channels)`.
        batch_size: images a call.

    Returns:
        float32, `(n, classes)`.

    Raises:
        RunError: an output is not finite: training diverged.
    """
    import tensorflow as tf

    # Traced once and called as such: of functions that are traced anew for model after model, TensorFlow warns.
    forward = tf.function(
        lambda batch: _probabilities(model, model(_scaled(batch), training=False)),
        input_signature=[_signature(images)],
    ).get_concrete_function()
    starts = range(0, len(images), batch_size)
    batches = [forward(tf.convert_to_tensor(images[start : start + batch_size])).numpy() for start in starts]
    return _finite(np.concatenate(batches))


def predict_with_loss(
    model: Any, images: np.ndarray, labels: np.ndarray, *, batch_size: int = BATCH_SIZE
) -> tuple[np.ndarray, float]:
    """Return the probabilities, as `predict_probabilities` does, and the mean of the model's own compiled loss.

    Both come from one pass, and the loss is the one that `model.evaluate` gives: computed from the logits where Keras
    can still see them before the softmax, penalties on the weights included.

    Args:
        model: a compiled Keras model.
        images: as in `predict_probabilities`.
        labels: int32 `(n,)`.
        batch_size: images a call.

    Raises:
        RunError: the model is not compiled with a loss for integer labels, or an output is not finite.
    """
    import tensorflow as tf

    def forward(batch: Any, batch_labels: Any) -> tuple[Any, Any]:
        outputs = model(_scaled(batch), training=False)
        loss = model.compute_loss(y=batch_labels, y_pred=outputs, training=False)
        return _probabilities(model, outputs), tf.cast(loss, tf.float32)

    compiled = tf.function(forward, input_signature=[_signature(images), tf.TensorSpec((None,), tf.int32)])
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
        raise RunError(f"Expected a model compiled with a loss for integer labels. Received: {reason}") from error
    return _finite(np.concatenate(batches)), total / len(images)


def _signature(images: np.ndarray) -> Any:
    """Return the shape and type of a batch of any size, so that the last, smaller one is not traced again."""
    import tensorflow as tf

    return tf.TensorSpec((None, *images.shape[1:]), tf.as_dtype(images.dtype))


def _scaled(batch: Any) -> Any:
    import tensorflow as tf

    return tf.cast(batch, tf.float32) / 255.0


def _probabilities(model: Any, outputs: Any) -> Any:
    """Return a model's outputs as float32 probabilities; a loss built with `from_logits=True` says they are logits."""
    import tensorflow as tf

    outputs = tf.cast(outputs, tf.float32)
    return tf.nn.softmax(outputs) if getattr(getattr(model, "loss", None), "from_logits", False) else outputs


def _finite(probabilities: np.ndarray) -> np.ndarray:
    if not np.isfinite(probabilities).all():
        raise RunError(
            "Expected finite outputs of the model. Received NaN or infinity: training diverged. "
            "Train again with a lower --learning-rate."
        )
    return probabilities


def top_guesses(probabilities: np.ndarray, count: int = 3) -> tuple[Guess, ...]:
    """Return the likeliest classes of one image, the likeliest first; of equals the lower label first.

    >>> [guess.label for guess in top_guesses(np.array([0.1, 0.7, 0.2]), 2)]
    [1, 2]
    """
    order = np.argsort(-probabilities, kind="stable")[:count]
    return tuple(Guess(int(label), float(probabilities[label])) for label in order)
