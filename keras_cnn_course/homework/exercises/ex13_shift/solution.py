"""Exercise 13: what a shifted object does to pooling."""

import numpy as np
from ex06_max_pooling import max_pool


def shift_image(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return the image moved down and right; zeros come in."""
    height, width = image.shape
    shifted = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            if 0 <= row - rows < height and 0 <= column - columns < width:
                shifted[row, column] = image[row - rows, column - columns]
    return shifted


def change_after_pooling(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    """Return the change of the pooled map, from 0 to 1."""
    before, after = image, shift_image(image, rows, columns)
    for _ in range(poolings):
        before, after = max_pool(before), max_pool(after)
    total = np.abs(before).sum() + np.abs(after).sum()
    return np.abs(after - before).sum() / total if total > 0 else 0.0
