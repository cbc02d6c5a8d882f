"""Exercise 15: how far probabilities can be believed."""

import numpy as np


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> np.ndarray:
    """Compare confidence and accuracy within each bin."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    table = np.zeros((bins, 3))
    for place in range(bins):
        inside = places == place
        if inside.any():
            table[place] = inside.sum(), confidence[inside].mean(), correct[inside].mean()
    return table


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Average the distances, weighted by the number of answers."""
    count, confidence, accuracy = reliability(probabilities, labels, bins).T
    return np.sum(count * np.abs(confidence - accuracy)) / np.sum(count)
