"""The task of exercise 11: a split of the digits into training and test images, with renumbered classes.

The embedded digits and their labels are public. To make looking them up useless, each case draws a new split and gives
the classes new numbers, which can only be learned from the training images.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from keras_cnn_course.datasets.digits import enlarge_digits, read_raw_digits

__all__ = ["CHANCE", "Task", "Threshold", "draw_task", "measure_accuracy", "read_threshold"]

CHANCE = 0.1
"""Accuracy of guessing one of ten classes, which earns no points."""

_TEST_EXAMPLES = 360


@dataclass(frozen=True, eq=False)
class Task:
    """Arrays: images `(n, 28, 28, 1)` float32 in [0, 1], labels `(n,)` int64. Students never see `y_test`."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Threshold:
    """The accuracy for full marks, and the trainings from which it was computed.

    Args:
        full_marks: the mean minus six standard deviations.
        mean: mean accuracy of the reference solution.
        deviation: standard deviation of the accuracies.
        accuracies: one per seed.
    """

    full_marks: float
    mean: float
    deviation: float
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]


def draw_task(generator: np.random.Generator) -> Task:
    """Draw a split and a numbering of the classes."""
    images, labels = _load_digits()
    order = generator.permutation(len(images))
    classes = generator.permutation(10)[labels]
    test, train = order[:_TEST_EXAMPLES], order[_TEST_EXAMPLES:]
    return Task(images[train], classes[train], images[test], classes[test])


def measure_accuracy(predictions: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of correct predictions."""
    return float(np.mean(predictions == labels))


@cache
def read_threshold() -> Threshold:
    """Return the threshold that `kcnn homework calibrate` measured."""
    text = (files(__package__) / "threshold.json").read_text(encoding="utf-8")
    values = json.loads(text)
    return Threshold(
        values["full_marks"],
        values["mean"],
        values["deviation"],
        tuple(values["seeds"]),
        tuple(values["accuracies"]),
    )


@cache
def _load_digits() -> tuple[np.ndarray, np.ndarray]:
    raw, labels = read_raw_digits()
    return (enlarge_digits(raw)[..., np.newaxis] / np.float32(255)).astype(np.float32), labels.astype(np.int64)
