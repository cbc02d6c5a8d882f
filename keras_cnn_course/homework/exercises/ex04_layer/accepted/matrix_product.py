"""A matrix product in single precision: each window is a row, each kernel is a column."""

import numpy as np


def conv_layer(image: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Compute the k output channels, in float32."""
    rows, columns, _, filters = kernels.shape
    height, width = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    patches = [image[top : top + rows, left : left + columns].ravel() for top in range(height) for left in range(width)]
    product = np.array(patches, np.float32) @ kernels.reshape(-1, filters).astype(np.float32)
    return (product + bias.astype(np.float32)).reshape(height, width, filters)


def count_parameters(depth: int, filters: int) -> int:
    """Add the sizes of the two arrays."""
    return np.zeros((3, 3, depth, filters)).size + np.zeros(filters).size
