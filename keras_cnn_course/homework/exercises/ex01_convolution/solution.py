"""Exercise 1: convolution by hand, step by step as on the slides."""

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Compute one output pixel for each position of the kernel."""
    rows, columns = kernel.shape
    height, width = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    output = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            window = image[row : row + rows, column : column + columns]
            output[row, column] = np.sum(window * kernel)
    return output
