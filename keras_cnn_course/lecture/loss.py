"""Categorical cross entropy, as slide "Loss/error" writes it: log(1 / Pr(digit 6)) for an image of a 6.

    >>> probabilities = np.full((1, 10), 0.1)  # a network that knows nothing
    >>> cross_entropy(probabilities, np.array([6])).round(3)
    array([2.303])

"Error is averaged across training examples": `mean_cross_entropy`.
"""

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.activation import log_softmax

__all__ = ["cross_entropy", "cross_entropy_from_logits", "mean_cross_entropy"]


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return log(1/p) of each example, p being the probability given to its label.

    The logarithm is the natural one. p = 0 costs infinity; Keras stops at log(1/1e-7), about 16.1.

    Args:
        probabilities: `(examples, classes)`, float, each row with a sum of 1.
        labels: `(examples,)`, int, from 0 to classes - 1.

    Returns:
        `(examples,)`, float.

    Raises:
        UsageError: shapes that do not fit, a label out of range, or a row that is no distribution.

    >>> cross_entropy(np.array([[0.25, 0.75], [0.0, 1.0]]), np.array([0, 1])).round(3).tolist()
    [1.386, 0.0]
    """
    _check(probabilities, labels)
    sums = probabilities.sum(axis=1)
    if (probabilities < 0).any() or not np.allclose(sums, 1, atol=1e-4):
        raise UsageError(
            "Expected rows of probabilities, none negative, each with a sum of 1. "
            f"Received sums from {sums.min():g} to {sums.max():g}. For logits use cross_entropy_from_logits."
        )
    with np.errstate(divide="ignore"):
        return np.log(1 / probabilities[np.arange(len(labels)), labels])


def cross_entropy_from_logits(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return `cross_entropy(softmax(logits), labels)`, exact where the softmax itself would round to 0 or overflow.

    Args:
        logits: `(examples, classes)`, float, before the softmax.
        labels: `(examples,)`, int, from 0 to classes - 1.

    >>> cross_entropy_from_logits(np.array([[1000.0, -1000.0]]), np.array([1]))
    array([2000.])
    """
    _check(logits, labels)
    return -log_softmax(logits)[np.arange(len(labels)), labels]


def mean_cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the cross entropy averaged over the examples: the number that training makes small.

    >>> round(mean_cross_entropy(np.array([[0.5, 0.5], [0.1, 0.9]]), np.array([0, 1])), 3)
    0.399
    """
    return float(cross_entropy(probabilities, labels).mean())


def _check(scores: np.ndarray, labels: np.ndarray) -> None:
    """Raise UsageError unless there is a label in range for each row of scores."""
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not len(labels):
        raise UsageError(
            f"Expected (examples, classes) and labels (examples,). Received shapes: {scores.shape} and {labels.shape}."
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise UsageError(
            f"Expected whole labels from 0 to {scores.shape[1] - 1}. "
            f"Received {labels.dtype} from {labels.min()} to {labels.max()}."
        )
