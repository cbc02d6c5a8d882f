"""The four pixels of every window, compared in pairs, in single precision."""

import numpy as np


def max_pool(image: np.ndarray) -> np.ndarray:
    """Return the largest number in each 2x2 window, in float32."""
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    even = image[:height, :width].astype(np.float32)
    left = np.maximum(even[::2, ::2], even[1::2, ::2])
    right = np.maximum(even[::2, 1::2], even[1::2, 1::2])
    return np.maximum(left, right)
