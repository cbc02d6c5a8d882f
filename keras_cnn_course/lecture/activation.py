"""Activations: ReLU after a convolution, softmax at the end of the network.

>>> relu(np.array([0, 0, -2, -4, -4]))  # slide "Max Pooling": the middle row of the edges
array([0, 0, 0, 0, 0])
"""

import numpy as np

__all__ = ["log_softmax", "relu", "softmax"]


def relu(values: np.ndarray) -> np.ndarray:
    """Set every negative value to 0. The result has the same shape and type."""
    return np.maximum(values, 0)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities for some logits: positive, in the same order, with a sum of 1 along the last axis.

    Args:
        logits: `(..., classes)`, of any magnitude, because only their differences matter.

    Returns:
        Same shape, float.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return np.exp(log_softmax(logits))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of `softmax(logits)`, computed without overflow.

    The largest logit is subtracted first. That does not change the probabilities, and no exponential can overflow.

    >>> log_softmax(np.array([0.0, -1000.0])).tolist()
    [0.0, -1000.0]
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
