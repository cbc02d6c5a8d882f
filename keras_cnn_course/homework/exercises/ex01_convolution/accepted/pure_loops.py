"""Four nested loops, without operations on whole arrays."""

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve the image with the kernel."""
    height, width = len(image), len(image[0])
    rows, columns = len(kernel), len(kernel[0])
    output = []
    for top in range(height - rows + 1):
        line = []
        for left in range(width - columns + 1):
            total = 0.0
            for row in range(rows):
                for column in range(columns):
                    total += image[top + row, left + column] * kernel[row, column]
            line.append(total)
        output.append(line)
    return np.array(output)
