"""With lists, one example after the other."""

import math

import numpy as np


def _sort(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> list[list[tuple[float, bool]]]:
    sorted_answers: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for row, label in zip(probabilities, labels, strict=True):
        confidence = float(max(row))
        place = min(math.floor(confidence * bins), bins - 1)
        sorted_answers[place].append((confidence, bool(np.argmax(row) == label)))
    return sorted_answers


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> np.ndarray:
    """Average the answers of each bin."""
    rows = []
    for answers in _sort(probabilities, labels, bins):
        means = np.mean(answers, axis=0) if answers else (0.0, 0.0)
        rows.append((len(answers), *means))
    return np.array(rows)


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Add up the distances of the sums: the number of answers cancels out."""
    sums = [np.sum(answers, axis=0) for answers in _sort(probabilities, labels, bins) if answers]
    return sum(abs(confidence - correct) for confidence, correct in sums) / len(labels)
