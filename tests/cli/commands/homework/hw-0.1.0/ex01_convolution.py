"""Exercise 1: convolution by hand, written as the slides show it."""

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the image convolved with the kernel: one number for each place of the kernel."""
    rows, columns = kernel.shape
    height, width = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    output = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            window = image[row : row + rows, column : column + columns]
            output[row, column] = np.sum(window * kernel)
    return output
