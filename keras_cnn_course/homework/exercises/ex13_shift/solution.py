"""Exercise 13: what convolution and pooling do with a shifted image."""

import numpy as np
from ex06_max_pooling import max_pool


def shift_image(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Copy each pixel to its new position in an image of zeros."""
    height, width = image.shape
    shifted = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            if 0 <= row - rows < height and 0 <= column - columns < width:
                shifted[row, column] = image[row - rows, column - columns]
    return shifted


def change_after_pooling(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    """Return the relative change of the pooled image, from 0 to 1."""
    before = image.astype(float)  # bytes cannot be negative, so a difference of bytes would be wrong
    after = shift_image(before, rows, columns)
    for _ in range(poolings):
        before, after = max_pool(before), max_pool(after)
    total = np.abs(before).sum() + np.abs(after).sum()
    return np.abs(after - before).sum() / total if total > 0 else 0.0
