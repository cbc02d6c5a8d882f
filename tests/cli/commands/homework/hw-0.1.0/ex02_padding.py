"""Exercise 2: padding and output size.

Slide "Output is smaller; pad 0's": a convolution makes an image smaller, unless zeros are put around it first.
See it:  kcnn lecture padding

There are two questions for you in answers.toml as well. Answer them before you write any code.

Check yours:  kcnn homework check padding
"""

import numpy as np


def pad_zeros(image: np.ndarray, amount: int) -> np.ndarray:
    """Return the image with `amount` rows and columns of zeros on each of its four sides.

    image: (height, width). The image itself must not be changed.
    """
    # TODO: make an array of zeros that is large enough, and put the image into its middle.
    raise NotImplementedError


def output_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Return how many output pixels a convolution has along one axis, as a whole number.

    size: pixels of the image. kernel_size: pixels of the kernel. stride: pixels from one place of the kernel to the
    next. padding: zeros on each side of the image.
    """
    # TODO: where does the kernel's first pixel lie at first, where at last, and how many steps are between?
    raise NotImplementedError
