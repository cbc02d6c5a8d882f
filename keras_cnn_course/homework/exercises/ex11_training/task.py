"""The task of exercise 11: which digits are given with labels and which without, and what a class means.

The embedded digits are public, labels and all. So every case deals them out anew and gives the classes other numbers:
who learns them from the training images finds them out, and who looks the labels up elsewhere is wrong.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from keras_cnn_course.datasets.digits import enlarge_digits, read_raw_digits

__all__ = ["CHANCE", "Task", "Threshold", "draw_task", "measure_accuracy", "read_threshold"]

CHANCE = 0.1
"""Accuracy of guessing one of ten classes: no points."""

_TEST_EXAMPLES = 360


@dataclass(frozen=True, eq=False)
class Task:
    """Arrays of one case: images `(n, 28, 28, 1)` float32 in [0, 1], labels `(n,)` int64; `y_test` stays here."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Threshold:
    """From which accuracy on there are full marks, and the trainings it comes from.

    Args:
        full_marks: the mean less four standard deviations.
        mean: accuracy of the reference over the seeds.
        deviation: standard deviation.
        seeds: of the cases.
        accuracies: one a seed.
    """

    full_marks: float
    mean: float
    deviation: float
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]


def draw_task(generator: np.random.Generator) -> Task:
    """Draw a split, and a meaning of the classes."""
    images, labels = _load_digits()
    order = generator.permutation(len(images))
    classes = generator.permutation(10)[labels]
    test, train = order[:_TEST_EXAMPLES], order[_TEST_EXAMPLES:]
    return Task(images[train], classes[train], images[test], classes[test])


def measure_accuracy(predictions: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of predictions that are right."""
    return float(np.mean(predictions == labels))


@cache
def read_threshold() -> Threshold:
    """Return the threshold that `kcnn homework calibrate` has measured."""
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
