"""Exercise 13: how much the result of pooling changes when the image is shifted.

Slide "CNN's": "convolution filters are shift-invariant" (more precisely, equivariant: the feature map shifts with the
image), and "invariance to an object shifting is roughly achieved by pooling". Here you measure how much the numbers
after pooling still change.

This exercise builds on exercise 6: import `max_pool` from ex06_max_pooling. Until your exercise 6 passes, a correct
`max_pool` is used instead of yours.

See a worked example:  kcnn lecture summary
Check your solution:   kcnn homework check shift
"""

import numpy as np


def shift_image(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Move an image down by `rows` and to the right by `columns`.

    Pixels that move past the border are lost, and zeros fill the empty pixels.

    Args:
        image: shape (height, width).
        rows: a negative number moves the image up.
        columns: a negative number moves the image to the left.

    Returns:
        An array of the same shape.
    """
    # TODO: Which part of the image stays visible, and where does it go?
    raise NotImplementedError


def change_after_pooling(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    """Return how much a shift of the image changes its pooled version, from 0 to 1.

    Apply max pooling `poolings` times to the image and to the shifted image. The result is the sum of the absolute
    differences between the two pooled images, divided by the sum of the absolute values of both. It is 0 if both are
    equal, and also if both contain only zeros.

    Args:
        image: shape (height, width).
        poolings: how often to apply max pooling, 0 or more.
        rows: number of rows to move the image down.
        columns: number of columns to move the image to the right.
    """
    # TODO: Pool both the image and the shifted image, then compare them.
    raise NotImplementedError
