"""Exercise 1: convolution by hand.

Slide "Convolution: Take dot product!": place the kernel on the image, multiply element by element, and add up the
products. The sum is one output pixel. Then move the kernel by one pixel and repeat.

See a worked example:  kcnn lecture convolution
Check your solution:   kcnn homework check convolution
"""

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve an image with a kernel, as on the slides.

    Args:
        image: shape (height, width).
        kernel: shape (rows, columns), not larger than the image.

    Returns:
        An array with one number for each position at which the whole kernel fits on the image.
    """
    # TODO: At how many positions does the kernel fit, vertically and horizontally?
    # TODO: At each position, take the part of the image under the kernel, multiply the two, and add up the products.
    raise NotImplementedError
