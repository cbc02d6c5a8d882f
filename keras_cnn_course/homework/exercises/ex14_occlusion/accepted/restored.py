"""One copy, whose pixels are restored after each place; float32."""

import numpy as np
from ex01_convolution import convolve


def cover_patch(image: np.ndarray, row: int, column: int, size: int, value: float) -> np.ndarray:
    """Write the value pixel by pixel."""
    covered = np.array(image, dtype=np.float32)
    for y in range(row, min(row + size, image.shape[0])):
        for x in range(column, min(column + size, image.shape[1])):
            covered[y, x] = value
    return covered


def occlusion_map(image: np.ndarray, kernel: np.ndarray, size: int, value: float) -> np.ndarray:
    """Cover a place of the same copy, and restore it."""
    pixels = image.astype(float)
    before = np.max(convolve(pixels, kernel))
    falls = np.empty((len(pixels) - size + 1, pixels.shape[1] - size + 1))
    for row, column in np.ndindex(*falls.shape):
        place = np.s_[row : row + size, column : column + size]
        kept = pixels[place].copy()
        pixels[place] = value
        falls[row, column] = before - np.max(convolve(pixels, kernel))
        pixels[place] = kept
    return falls
