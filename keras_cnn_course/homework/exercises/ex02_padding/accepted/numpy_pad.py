"""NumPy's own function for padding; a range of all positions of the kernel."""

import numpy as np


def pad_zeros(image: np.ndarray, amount: int) -> np.ndarray:
    """Add a frame of zeros around the image."""
    return np.pad(image, amount)


def output_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Return the number of positions of the kernel."""
    return len(range(0, size + 2 * padding - kernel_size + 1, stride))
