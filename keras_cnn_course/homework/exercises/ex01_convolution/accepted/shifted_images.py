"""A weighted sum of shifted images, one for each number in the kernel, in single precision."""

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve the image with the kernel, in float32."""
    image, kernel = image.astype(np.float32), kernel.astype(np.float32)
    height, width = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    output = np.zeros((height, width), np.float32)
    for row, column in np.ndindex(*kernel.shape):
        output += kernel[row, column] * image[row : row + height, column : column + width]
    return output
