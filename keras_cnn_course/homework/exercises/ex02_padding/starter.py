"""Exercise 2: padding and output size.

Slide "Convolution: pad 0's": a convolution makes an image smaller, unless you add zeros around the image first.

This exercise also has two questions in answers.toml. Answer them before you write any code.

See a worked example:  kcnn lecture padding
Check your solution:   kcnn homework check padding
"""

import numpy as np


def pad_zeros(image: np.ndarray, amount: int) -> np.ndarray:
    """Add `amount` rows or columns of zeros on each of the four sides of an image.

    Args:
        image: shape (height, width). Leave it unchanged and return a new array.
        amount: 0 or more.
    """
    # TODO: Create an array of zeros of the padded size, and copy the image into its center.
    raise NotImplementedError


def output_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Return the number of output pixels of a convolution along one axis.

    Args:
        size: number of pixels of the image along this axis.
        kernel_size: number of pixels of the kernel along this axis.
        stride: number of pixels by which the kernel moves at each step.
        padding: number of zeros added on each side of the image.
    """
    # TODO: How far can the kernel move from its first position to its last one, and how many steps is that?
    raise NotImplementedError
