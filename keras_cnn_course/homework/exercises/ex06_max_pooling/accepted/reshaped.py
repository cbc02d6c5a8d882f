"""Reshaping gives the windows their own axes."""

import numpy as np


def max_pool(image: np.ndarray) -> np.ndarray:
    """Return the largest number in each 2x2 window."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * height, : 2 * width].reshape(height, 2, width, 2).max(axis=(1, 3))
