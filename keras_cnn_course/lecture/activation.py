"""What stands behind a layer: ReLU behind a convolution, softmax at the network's end.

>>> relu(np.array([0, 0, -2, -4, -4]))  # slide "Max Pooling": the middle row of the edges
array([0, 0, 0, 0, 0])
"""

import numpy as np

__all__ = ["log_softmax", "relu", "softmax"]


def relu(values: np.ndarray) -> np.ndarray:
    """Return the values with every negative one set to 0; same shape and type."""
    return np.maximum(values, 0)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis: positive, with a sum of 1, in the order of the logits.

    Args:
        logits: `(..., classes)`; values of any size, since only their differences count.

    Returns:
        Same shape, float.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return np.exp(log_softmax(logits))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of `softmax(logits)` without leaving the range of floats on the way.

    The largest logit is subtracted first: the probabilities stay the same, and no exponential overflows.

    >>> log_softmax(np.array([0.0, -1000.0])).tolist()
    [0.0, -1000.0]
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
