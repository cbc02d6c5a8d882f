"""Zeros are set beside, above and below the image; the number of steps as a float, rounded down."""

import math

import numpy as np


def pad_zeros(image: np.ndarray, amount: int) -> np.ndarray:
    """Return the image in a frame of zeros, as float32."""
    side = np.zeros((image.shape[0], amount))
    wide = np.concatenate([side, image, side], axis=1)
    strip = np.zeros((amount, wide.shape[1]))
    return np.concatenate([strip, wide, strip]).astype(np.float32)


def output_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Return the number of places of the kernel."""
    last_place = size + padding + padding - kernel_size
    return math.floor(last_place / stride + 1)
