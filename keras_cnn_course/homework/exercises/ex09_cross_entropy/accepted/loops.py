"""A loop over the examples, and a gradient in single precision."""

import math

import numpy as np


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean loss over the examples."""
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        largest = max(row)
        total += largest + math.log(sum(math.exp(value - largest) for value in row)) - row[label]
    return total / len(labels)


def cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the gradient, in float32."""
    gradient = np.zeros(logits.shape, np.float32)
    for number, (row, label) in enumerate(zip(logits, labels, strict=True)):
        exponentials = np.exp(row - row.max())
        gradient[number] = exponentials / exponentials.sum() / len(labels)
        gradient[number, label] -= 1 / len(labels)
    return gradient
