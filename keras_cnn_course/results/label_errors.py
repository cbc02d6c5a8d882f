"""Labels that are probably wrong, by confident learning (Northcutt, Jiang and Chuang, JAIR 2021).

A class's threshold is the mean probability that its own images give to it. An image belongs to a class with confidence
if its probability reaches the threshold of that class. An image that does so for another class than its label's is
probably mislabeled. Where the model is good, the thresholds are high and few images reach them. So all images that are
classified otherwise than they are labeled are listed, sorted by the probability of their label.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["DoubtfulLabel", "count_confident", "find_doubtful_labels"]


@dataclass(frozen=True)
class DoubtfulLabel:
    """An image that is classified otherwise than it is labeled.

    Args:
        index: of the image.
        label: as the data set has it.
        suggested: the class that a model trained on other images takes it for.
        label_probability: what that model gives to the label.
        suggested_probability: what it gives to the suggested class.
        is_confident: whether confident learning says that the label is probably wrong.
    """

    index: int
    label: int
    suggested: int
    label_probability: float
    suggested_probability: float
    is_confident: bool


def find_doubtful_labels(probabilities: np.ndarray, labels: np.ndarray) -> list[DoubtfulLabel]:
    """Return the images that are classified otherwise than they are labeled, the least probable label first.

    Args:
        probabilities: `(n, classes)`, each row from a model that was not trained on that image.
        labels: integers `(n,)`; every class has an image.
    """
    answers = probabilities.argmax(axis=1)
    guessed = _guess_true_classes(probabilities, labels)
    confident = (guessed >= 0) & (guessed != labels)
    suggested = np.where(confident, guessed, answers)
    doubtful = np.flatnonzero(answers != labels)
    given = probabilities[doubtful, labels[doubtful]]
    return [
        DoubtfulLabel(
            int(index),
            int(labels[index]),
            int(suggested[index]),
            float(probabilities[index, labels[index]]),
            float(probabilities[index, suggested[index]]),
            bool(confident[index]),
        )
        for index in doubtful[np.lexsort([doubtful, given])]
    ]


def count_confident(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the confident joint: images by their label (rows) and the class they belong to with confidence."""
    guessed = _guess_true_classes(probabilities, labels)
    joint = np.zeros((probabilities.shape[1],) * 2, dtype=np.int64)
    np.add.at(joint, (labels[guessed >= 0], guessed[guessed >= 0]), 1)
    return joint


def _guess_true_classes(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the class that each image belongs to with confidence, the likeliest of several; -1 if there is none."""
    values = np.asarray(probabilities, dtype=np.float64)
    thresholds = [values[labels == label, label].mean() for label in range(values.shape[1])]
    confident = np.where(values >= np.array(thresholds) - 1e-6, values, -1)
    return np.where(confident.max(axis=1) >= 0, confident.argmax(axis=1), -1)
