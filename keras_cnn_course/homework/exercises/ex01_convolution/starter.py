"""Exercise 1: convolution by hand.

Slide "Take dot product!": lay the kernel on the image, multiply in place, sum. That is one output pixel. Then move the
kernel on by one pixel. See it done:  kcnn lecture convolution

Check yours:  kcnn homework check convolution
"""

import numpy as np


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the image convolved with the kernel, as the slides do it.

    image: (height, width). kernel: (rows, columns), not larger than the image.
    Returns one number for each place where the whole kernel lies on the image.
    """
    # TODO: how many such places are there, down and across?
    # TODO: for each, take the window of the image that lies under the kernel, multiply in place, and sum.
    raise NotImplementedError
