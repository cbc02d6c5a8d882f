"""The test images in the page: some of each class, and the most confident mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Sample", "choose_samples", "count_samples"]

_MISTAKES = 8
# A page to draw on has one image of each digit and some mistakes. Where nothing can be drawn, there are more.
_TO_COMPARE, _TO_CHOOSE = 18, 38
_LARGEST = 400_000  # bytes that the images may take together


@dataclass(frozen=True)
class Sample:
    """A test image in the page.

    Args:
        index: position in the test images.
        correct: whether the label is the answer of the model; if there are several, of all of them.
    """

    index: int
    label: int
    correct: bool


def count_samples(image_shape: Sequence[int], *, drawn: bool) -> int:
    """Return the number of test images for a page, so that its file stays small.

    Args:
        image_shape: `(height, width, channels)`.
        drawn: whether the page has a drawing area.

    >>> count_samples((28, 28, 1), drawn=True), count_samples((32, 32, 3), drawn=False)
    (18, 38)
    >>> count_samples((128, 128, 3), drawn=False)
    8
    """
    return max(2, min(_TO_COMPARE if drawn else _TO_CHOOSE, _LARGEST // int(np.prod(image_shape))))


def choose_samples(probabilities: np.ndarray, labels: np.ndarray, *, most: int = _TO_COMPARE) -> list[Sample]:
    """Return correctly classified images of as many classes as possible, then the most confident mistakes.

    Args:
        probabilities: `(models, n, classes)`.
        labels: integers `(n,)`.
        most: number of images; at most half of them are mistakes.

    >>> choose_samples(np.array([[[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]]), np.array([0, 1, 0]))
    [Sample(index=0, label=0, correct=True), Sample(index=1, label=1, correct=False)]
    """
    mistaken = probabilities.argmax(axis=2) != labels
    wrong = np.flatnonzero(mistaken.any(axis=0))
    confidence = np.where(mistaken, probabilities.max(axis=2), 0).max(axis=0)
    confident = wrong[np.argsort(-confidence[wrong], kind="stable")][: min(_MISTAKES, most // 2)]
    per_class = 1 if most <= _TO_COMPARE else most // 10
    found = [np.flatnonzero((labels == label) & ~mistaken.any(axis=0)) for label in range(probabilities.shape[2])]
    # The first image of every class before the second of any.
    turns = [int(indices[turn]) for turn in range(per_class) for indices in found if turn < len(indices)]
    correct = sorted(turns[: most - len(confident)], key=lambda index: (labels[index], index))
    return [
        *(Sample(index, int(labels[index]), True) for index in correct),
        *(Sample(int(index), int(labels[index]), False) for index in confident),
    ]
