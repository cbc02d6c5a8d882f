"""Exercise 3: the two filters on the slides, a blur and a filter for horizontal edges.

Slide "Convolution: blur": each pixel becomes an average. Slide "Convolution: horizontal edges": horizontal lines become
bright.

This exercise builds on exercise 1: import `convolve` from ex01_convolution. Until your exercise 1 passes, a correct
`convolve` is used instead of yours.

See worked examples:  kcnn lecture blur
                      kcnn lecture edges
Check your solution:  kcnn homework check filters
"""

import numpy as np


def blur(image: np.ndarray) -> np.ndarray:
    """Replace each pixel with the average of its 3x3 neighborhood.

    Args:
        image: shape (height, width).

    Returns:
        An array of shape (height - 2, width - 2).
    """
    # TODO: Which 3x3 kernel computes the average of nine pixels?
    raise NotImplementedError


def find_edges(image: np.ndarray) -> np.ndarray:
    """Convolve an image with the kernel for horizontal edges on the slide.

    Args:
        image: shape (height, width).

    Returns:
        An array of shape (height - 2, width - 2).
    """
    # TODO: The rows of the kernel on the slide are -1 -1 -1, 2 2 2 and -1 -1 -1.
    raise NotImplementedError
