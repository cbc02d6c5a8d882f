"""The sums written out, without kernels and without exercise 1."""

import numpy as np


def blur(image: np.ndarray) -> np.ndarray:
    """Replace each pixel with the average of its 3x3 neighborhood."""
    image = image.astype(float)
    rows = image[:-2] + image[1:-1] + image[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9


def find_edges(image: np.ndarray) -> np.ndarray:
    """Subtract the rows above and below from twice the middle row, then add up three columns."""
    image = image.astype(float)
    lines = 2 * image[1:-1] - image[:-2] - image[2:]
    return lines[:, :-2] + lines[:, 1:-1] + lines[:, 2:]
