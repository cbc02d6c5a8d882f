"""Categorical cross entropy as on slide 'Loss/"error"': log(1 / Pr(digit 6)) for an image of a 6.

    >>> probabilities = np.full((1, 10), 0.1)  # a network that knows nothing
    >>> cross_entropy(probabilities, np.array([6])).round(3)
    array([2.303])

The average over the training examples is `mean_cross_entropy`.
"""

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.activation import log_softmax

__all__ = ["cross_entropy", "cross_entropy_from_logits", "mean_cross_entropy"]


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return log(1/p) of each example, where p is the probability of its label.

    The logarithm is the natural one. For p = 0 the loss is infinite; in Keras it is at most log(1/1e-7), about 16.1.

    Args:
        probabilities: `(examples, classes)`, float, each row with a sum of 1.
        labels: `(examples,)`, int, from 0 to classes - 1.

    Returns:
        `(examples,)`, float.

    Raises:
        UsageError: the shapes do not fit together, a label is out of range, or a row is not a distribution.

    >>> cross_entropy(np.array([[0.25, 0.75], [0.0, 1.0]]), np.array([0, 1])).round(3).tolist()
    [1.386, 0.0]
    """
    _check(probabilities, labels)
    sums = probabilities.sum(axis=1)
    if (probabilities < 0).any() or not np.allclose(sums, 1, atol=1e-4):
        raise UsageError(
            "Each row of probabilities must have no negative number and a sum of 1; the sums are between "
            f"{sums.min():g} and {sums.max():g}. For logits use cross_entropy_from_logits."
        )
    with np.errstate(divide="ignore"):
        return np.log(1 / probabilities[np.arange(len(labels)), labels])


def cross_entropy_from_logits(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return `cross_entropy(softmax(logits), labels)`, exact even if the softmax itself would round to 0 or overflow.

    Args:
        logits: `(examples, classes)`, float, before the softmax.
        labels: `(examples,)`, int, from 0 to classes - 1.

    >>> cross_entropy_from_logits(np.array([[1000.0, -1000.0]]), np.array([1]))
    array([2000.])
    """
    _check(logits, labels)
    return -log_softmax(logits)[np.arange(len(labels)), labels]


def mean_cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the average cross entropy of the examples: the number that training makes small.

    >>> round(mean_cross_entropy(np.array([[0.5, 0.5], [0.1, 0.9]]), np.array([0, 1])), 3)
    0.399
    """
    return float(cross_entropy(probabilities, labels).mean())


def _check(scores: np.ndarray, labels: np.ndarray) -> None:
    """Raise UsageError unless each row of scores has a label in range."""
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not len(labels):
        raise UsageError(
            f"The shapes {scores.shape} and {labels.shape} do not fit together. They must be (examples, classes) and "
            "(examples,), with at least one example."
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise UsageError(
            f"Labels must be integers from 0 to {scores.shape[1] - 1}; got {labels.dtype} from {labels.min()} to "
            f"{labels.max()}."
        )
