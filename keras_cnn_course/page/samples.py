"""The test images in the page: one of each class, and the most confident mistakes."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Sample", "choose_samples"]

_MOST_CLASSES, _MISTAKES = 10, 8


@dataclass(frozen=True)
class Sample:
    """A test image in the page.

    Args:
        index: position in the test images.
        correct: whether the model's answer is the label.
    """

    index: int
    label: int
    correct: bool


def choose_samples(probabilities: np.ndarray, labels: np.ndarray) -> list[Sample]:
    """Return the first correctly classified image of each of the first ten classes, then the most confident mistakes.

    Args:
        probabilities: `(n, classes)`.
        labels: integers `(n,)`.

    >>> choose_samples(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]), np.array([0, 1, 0]))
    [Sample(index=0, label=0, correct=True), Sample(index=1, label=1, correct=False)]
    """
    predicted = probabilities.argmax(axis=1)
    correct = [
        int(found[0])
        for label in range(min(probabilities.shape[1], _MOST_CLASSES))
        if (found := np.flatnonzero((labels == label) & (predicted == labels))).size
    ]
    wrong = np.flatnonzero(predicted != labels)
    confident = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:_MISTAKES]
    return [
        *(Sample(index, int(labels[index]), True) for index in correct),
        *(Sample(int(index), int(labels[index]), False) for index in confident),
    ]
