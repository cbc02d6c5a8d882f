"""All windows at once, multiplied and summed by einsum."""

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the image convolved with the kernel."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijrc,rc->ij", windows, kernel)
