"""Sliding windows: their mean for the blur, a weighted sum in single precision for the edges."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def blur(image: np.ndarray) -> np.ndarray:
    """Replace each pixel with the average of its 3x3 neighborhood."""
    return sliding_window_view(image, (3, 3)).mean(axis=(2, 3))


def find_edges(image: np.ndarray) -> np.ndarray:
    """Convolve the image with the kernel for horizontal edges, in float32."""
    windows = sliding_window_view(image.astype(np.float32), (3, 3))
    column = np.array([-1, 2, -1], np.float32)
    return np.einsum("ijrc,r->ij", windows, column)
