"""The same sums written out, without a kernel and without exercise 1."""

import numpy as np


def blur(image: np.ndarray) -> np.ndarray:
    """Return each 3x3 neighbourhood's average."""
    rows = image[:-2] + image[1:-1] + image[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9


def find_edges(image: np.ndarray) -> np.ndarray:
    """Return twice the middle row less the rows above and below, added up over three columns."""
    lines = 2 * image[1:-1] - image[:-2] - image[2:]
    return lines[:, :-2] + lines[:, 1:-1] + lines[:, 2:]
