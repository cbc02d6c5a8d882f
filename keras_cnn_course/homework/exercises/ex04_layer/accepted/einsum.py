"""All windows and all kernels in a single einsum."""

import numpy as np


def conv_layer(image: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Compute the k output channels."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernels.shape[:2], axis=(0, 1))
    return np.einsum("ijdrc,rcdk->ijk", windows, kernels) + bias


def count_parameters(depth: int, filters: int) -> int:
    """Add the numbers of weights and biases."""
    return 3 * 3 * depth * filters + filters
