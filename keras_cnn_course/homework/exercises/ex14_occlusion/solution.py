"""Exercise 14: where a filter finds what it looks for."""

import numpy as np
from ex01_convolution import convolve


def cover_patch(image: np.ndarray, row: int, column: int, size: int, value: float) -> np.ndarray:
    """Write the value into a copy with room for fractions."""
    covered = image.astype(float)
    covered[row : row + size, column : column + size] = value
    return covered


def occlusion_map(image: np.ndarray, kernel: np.ndarray, size: int, value: float) -> np.ndarray:
    """Cover each place, and subtract the score from that of the whole image."""
    score = convolve(image, kernel).max()
    height, width = image.shape[0] - size + 1, image.shape[1] - size + 1
    falls = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            covered = cover_patch(image, row, column, size, value)
            falls[row, column] = score - convolve(covered, kernel).max()
    return falls
