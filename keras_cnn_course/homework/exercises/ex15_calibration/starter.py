"""Exercise 15: can you believe a network that is 80% sure? Of all such answers, 80% should be correct.

This exercise is optional: it has no points. It shows how `kcnn evaluate` makes its reliability diagram. The confidence
of an answer is the probability of the likeliest class. The answers are sorted by their confidence into bins of the same
width, such as 0 to 0.2, 0.2 to 0.4, and so on. Within each bin, the mean confidence is compared with the share of
correct answers.

See a worked example:  kcnn lecture loss
Check your solution:   kcnn homework check calibration
"""

import numpy as np


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> np.ndarray:
    """Return the number of answers, their mean confidence, and the share of correct answers, for each bin.

    Args:
        probabilities: shape (examples, classes). The answer to an example is its likeliest class.
        labels: shape (examples,), the correct class of each example as an integer from 0.
        bins: number of bins of equal width from 0 to 1. A confidence c belongs to the bin floor(c * bins), counted from
            0. A confidence of exactly 1 belongs to the last bin.

    Returns:
        An array of shape (bins, 3). A bin without answers has three zeros.
    """
    # TODO: Find the confidence of each answer, its bin, and whether it is correct.
    raise NotImplementedError


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Return the expected calibration error, from 0 to 1.

    For each bin, take the distance between its mean confidence and its share of correct answers. The result is the mean
    of these distances, weighted by the number of answers in each bin.

    Args:
        probabilities: shape (examples, classes), with at least one example.
        labels: shape (examples,).
        bins: number of bins.
    """
    # TODO: What are the weights of the bins, so that they add up to 1?
    raise NotImplementedError
