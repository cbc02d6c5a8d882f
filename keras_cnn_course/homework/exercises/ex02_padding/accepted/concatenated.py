"""Blocks of zeros joined to the image; the number of positions as a float, rounded down."""

import math

import numpy as np


def pad_zeros(image: np.ndarray, amount: int) -> np.ndarray:
    """Join blocks of zeros to the four sides of the image, in float32."""
    side = np.zeros((image.shape[0], amount))
    wide = np.concatenate([side, image, side], axis=1)
    strip = np.zeros((amount, wide.shape[1]))
    return np.concatenate([strip, wide, strip]).astype(np.float32)


def output_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Return the number of positions of the kernel."""
    farthest = size + padding + padding - kernel_size
    return math.floor(farthest / stride + 1)
