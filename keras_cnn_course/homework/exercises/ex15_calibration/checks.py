"""Checks of exercise 15."""

from collections.abc import Callable, Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import CASES, make_strided
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees, number_text
from keras_cnn_course.homework.sandbox.messages import Call

__all__ = ["CHECKS"]

_MEANING = "Of all answers with a confidence of about 80%, about 80% should be correct."
_CONFIDENCE = "The confidence is the probability of the class that the network answers, correct or not."
_WEIGHTS = "The weight of a bin is its number of answers, so an empty bin does not count at all."
_FLOOR = "The bin is floor(confidence * bins): the fraction is cut off."
_SINGLE, _STRIDED = 4, 5

Rows = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _confidence(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return probabilities[np.arange(len(labels)), probabilities.argmax(axis=1)]


def _of_label(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return probabilities[np.arange(len(labels)), labels.astype(int)]


def _table(probabilities: np.ndarray, labels: np.ndarray, bins: int, confidence: Rows = _confidence) -> np.ndarray:
    sure, right = confidence(probabilities, labels), probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    rows = []
    for number in range(bins):
        below = sure <= 1 if number == bins - 1 else sure < edges[number + 1]
        inside = (sure >= edges[number]) & below
        rows.append((inside.sum(), sure[inside].mean(), right[inside].mean()) if inside.any() else (0, 0, 0))
    return np.array(rows, dtype=np.float64)


def _sorted(
    probabilities: np.ndarray, labels: np.ndarray, bins: int, whole: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return the table with another way to make the number of a bin; answers past the last bin are lost or in it."""
    sure, right = _confidence(probabilities, labels), probabilities.argmax(axis=1) == labels
    places = whole(sure * bins)
    if whole is np.round:
        places = np.minimum(places, bins - 1)
    rows = [(inside.sum(), sure[inside].mean(), right[inside].mean()) if inside.any() else (0, 0, 0)
            for inside in (places == number for number in range(bins))]  # fmt: skip
    return np.array(rows, dtype=np.float64)


def _least_likely(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> np.ndarray:
    """Return the table of which the last column counts the least likely class as the answer."""
    table = _table(probabilities, labels, bins)
    places = np.minimum((_confidence(probabilities, labels) * bins).astype(int), bins - 1)
    for number in np.flatnonzero(table[:, 0]):
        inside = places == number
        table[number, 2] = (probabilities[inside].argmin(axis=1) == labels[inside]).mean()
    return table


def _error(probabilities: np.ndarray, labels: np.ndarray, bins: int, confidence: Rows = _confidence) -> float:
    count, sure, right = _table(probabilities, labels, bins, confidence).T
    return float((count * np.abs(sure - right)).sum() / len(labels))


def _gaps(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> np.ndarray:
    """Return the signed distances of the bins with answers."""
    count, sure, right = _table(probabilities, labels, bins).T
    return (sure - right)[count > 0]


def _change(column: int, change: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Return a function whose table has another column, computed from the correct one and the number of bins."""

    def imitate(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> np.ndarray:
        table = _table(probabilities, labels, bins)
        table[:, column] = change(table, bins)
        return table

    return imitate


_TABLE_MISTAKES = (
    Mistake(
        "probability of the label",
        "Your confidence is the probability of the correct class. The network does not know which one that is.",
        _CONFIDENCE,
        lambda probabilities, labels, bins: _table(probabilities, labels, bins, _of_label),
    ),
    Mistake(
        "wrong answers",
        "Your last column is the share of wrong answers.",
        _MEANING,
        _change(2, lambda table, bins: np.where(table[:, 0] > 0, 1 - table[:, 2], 0)),
    ),
    Mistake(
        "number of correct answers",
        "Your last column is the number of correct answers. It must be their share.",
        _MEANING,
        _change(2, lambda table, bins: table[:, 0] * table[:, 2]),
    ),
    Mistake(
        "middle of the bin",
        "Your confidence is the middle of the bin. It must be the mean over the answers in it.",
        "The answers in a bin can all be near one of its ends.",
        _change(1, lambda table, bins: np.where(table[:, 0] > 0, (np.arange(bins) + 0.5) / bins, 0)),
    ),
    Mistake(
        "share of the answers",
        "Your first column is the share of all answers. It must be their number.",
        "The three columns are the number of answers, their mean confidence, and the share of correct answers.",
        _change(0, lambda table, bins: table[:, 0] / table[:, 0].sum()),
    ),
    Mistake(
        "accuracy of all",
        "Your last column is the share of correct answers of the whole set. It must be that of the bin.",
        _MEANING,
        _change(2, lambda table, bins: np.where(table[:, 0] > 0, (table[:, 0] @ table[:, 2]) / table[:, 0].sum(), 0)),
    ),
    Mistake(
        "rounded",
        "Some answers are in the next bin: you round to the nearest whole number.",
        _FLOOR,
        lambda probabilities, labels, bins: _sorted(probabilities, labels, bins, np.round),
    ),
    Mistake(
        "one bin too high",
        "Your answers are one bin too high.",
        _FLOOR,
        lambda probabilities, labels, bins: _sorted(probabilities, labels, bins, np.ceil),
    ),
    Mistake(
        "least likely class",
        "You take the least likely class for the answer.",
        "The answer of a network is its likeliest class.",
        lambda probabilities, labels, bins: _least_likely(probabilities, labels, bins),
    ),
    Mistake(
        "most confident first",
        "Your bins are in the opposite order.",
        "The first bin has the smallest confidences.",
        lambda probabilities, labels, bins: _table(probabilities, labels, bins)[::-1],
    ),
)
_ERROR_MISTAKES = (
    Mistake(
        "probability of the label",
        "Your confidence is the probability of the correct class. The network does not know which one that is.",
        _CONFIDENCE,
        lambda probabilities, labels, bins: _error(probabilities, labels, bins, _of_label),
    ),
    Mistake(
        "not weighted",
        "In your mean, all bins with answers count the same.",
        _WEIGHTS,
        lambda probabilities, labels, bins: float(np.abs(_gaps(probabilities, labels, bins)).mean()),
    ),
    Mistake(
        "divided by the bins",
        "You divide the sum of the distances by the number of bins.",
        _WEIGHTS,
        lambda probabilities, labels, bins: float(np.abs(_gaps(probabilities, labels, bins)).sum() / bins),
    ),
    Mistake(
        "signs",
        "In your mean, bins that are too confident and bins that are too cautious cancel out.",
        "The distance of two numbers is never negative.",
        lambda probabilities, labels, bins: float(
            _confidence(probabilities, labels).mean() - (probabilities.argmax(axis=1) == labels).mean()
        ),
    ),
    Mistake(
        "absolute mean",
        "In your mean, bins that are too confident and bins that are too cautious cancel out.",
        "The distance of two numbers is never negative.",
        lambda probabilities, labels, bins: abs(
            float(_confidence(probabilities, labels).mean() - (probabilities.argmax(axis=1) == labels).mean())
        ),
    ),
    Mistake(
        "largest",
        "Your result is the largest distance of all bins, not the mean.",
        _WEIGHTS,
        lambda probabilities, labels, bins: float(np.abs(_gaps(probabilities, labels, bins)).max()),
    ),
    Mistake(
        "sum",
        "Your result is the sum over all answers. Divide it by their number.",
        _WEIGHTS,
        lambda probabilities, labels, bins: _error(probabilities, labels, bins) * len(labels),
    ),
    Mistake(
        "root",
        "Your result is the root of the mean of the squares.",
        "The distance of two numbers is the absolute value of their difference.",
        lambda probabilities, labels, bins: _squared(probabilities, labels, bins) ** 0.5,
    ),
    Mistake(
        "percentage",
        "Your result is a percentage.",
        "The error is a number from 0 to 1, as probabilities are.",
        lambda probabilities, labels, bins: 100 * _error(probabilities, labels, bins),
    ),
    Mistake(
        "squares",
        "Your result has the squares of the distances.",
        "The distance of two numbers is the absolute value of their difference.",
        lambda probabilities, labels, bins: _squared(probabilities, labels, bins),
    ),
)


def _squared(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    count, sure, right = _table(probabilities, labels, bins).T
    return float((count * (sure - right) ** 2).sum() / len(labels))


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Draw answers to 24 examples in three bins or more, at a distance from the edges; some bins stay empty."""
    classes, bins = int(generator.integers(4, 7)), int(generator.integers(6, 10))
    places = generator.permutation(np.arange(2, bins))[:4]  # every confidence is above 1/4, so it is the largest
    confidence = (np.repeat(places, (3, 5, 7, 9)) + generator.uniform(0.1, 0.9, size=24)) / bins
    answers = generator.integers(classes, size=24)
    # Bins are too confident and too cautious in turn, and no bin has correct answers only, or none.
    right = np.concatenate([[True, False, False], np.arange(5) < 4, np.arange(7) < 2, np.arange(9) < 8])
    labels = np.where(right, answers, (answers + generator.integers(1, classes, size=24)) % classes)
    others = (1 - confidence) / (classes - 1)
    probabilities = np.repeat(others[:, np.newaxis], classes, axis=1)
    tilt = 0.3 * np.minimum(others, confidence - others)
    first, second = (answers + 1) % classes, (answers + 2) % classes
    examples = np.arange(24)
    probabilities[examples, first] += tilt
    probabilities[examples, second] -= tilt
    probabilities[examples, answers] = confidence
    order = generator.permutation(24)
    probabilities, labels = probabilities[order], labels[order]
    if number == _SINGLE:
        probabilities = probabilities.astype(np.float32)
    if number == _STRIDED:
        probabilities = make_strided(probabilities)
    return probabilities, labels.astype(np.uint8) if number % 3 == 2 else labels, bins


def _plan_one_bin(generator: np.random.Generator) -> list[Call]:
    # Two wrong answers of 24: the network is too cautious, so the sign of the difference matters.
    probabilities, _, _ = _draw(generator, CASES - 1)
    labels = probabilities.argmax(axis=1)
    labels[:2] = (labels[:2] + 1) % probabilities.shape[1]
    return [Call("calibration_error", (probabilities, labels, 1))]


def _judge_one_bin(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    probabilities, labels, _ = calls[0].arguments
    expected = abs(probabilities.max(axis=1).mean() - (probabilities.argmax(axis=1) == labels).mean())
    if agrees(results[0][0].astype(np.float32), np.asarray(expected)):
        return ""
    distance = "the distance between mean confidence and accuracy"
    return f"With one bin, the error is {distance}, here {number_text(expected)}."


def _plan_calibrated(generator: np.random.Generator) -> list[Call]:
    labels = np.concatenate([np.arange(10) >= 7, np.arange(10) >= 9]).astype(int)
    probabilities = np.repeat([[0.7, 0.3], [0.9, 0.1]], 10, axis=0)
    order = generator.permutation(20)
    return [Call("calibration_error", (probabilities[order], labels[order], bins)) for bins in (4, 11)]


def _judge_calibrated(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    if all(agrees(arrays[0].astype(np.float32), np.zeros(())) for arrays in results):
        return ""
    return "If 7 of 10 answers with a confidence of 70% are correct, and 9 of 10 with 90%, the error is 0."


_TWO = np.array([[0.9, 0.1], [0.3, 0.7]])
_SURE = np.array([[1.0, 0.0, 0.0], [0.1, 0.8, 0.1], [0.6, 0.2, 0.2], [0.6, 0.2, 0.2]])

CHECKS = Checks(
    (
        *function_checks(
            "reliability",
            reference=_table,
            tiny=(
                TinyCase((_TWO, np.array([0, 0]), 2), [[0, 0, 0], [2, 0.8, 0.5]]),
                TinyCase((_TWO, np.array([1, 1]), 4), [[0, 0, 0], [0, 0, 0], [1, 0.7, 1], [1, 0.9, 0]]),
                TinyCase((_SURE, np.array([0, 2, 0, 1]), 4), [[0, 0, 0], [0, 0, 0], [2, 0.6, 0.5], [2, 0.9, 0.5]]),
            ),
            draw=_draw,
            mistakes=_TABLE_MISTAKES,
            prefix="reliability: ",
        ),
        *function_checks(
            "calibration_error",
            reference=_error,
            tiny=(
                TinyCase((_TWO, np.array([0, 0]), 2), 0.3),
                TinyCase((_TWO, np.array([1, 1]), 4), 0.6),
                TinyCase((_SURE, np.array([0, 2, 0, 1]), 4), 0.25),
            ),
            draw=_draw,
            mistakes=_ERROR_MISTAKES,
            prefix="calibration_error: ",
        ),
        property_check("one bin", plan=_plan_one_bin, judge=_judge_one_bin, lecture=_MEANING),
        property_check("calibrated", plan=_plan_calibrated, judge=_judge_calibrated, lecture=_MEANING),
    )
)
