"""Exercise 14: where in the image does a filter find what it looks for? Cover the places one by one.

This exercise is optional: it has no points. It shows how `kcnn explain` covers places of an image to find the evidence
for a class. Here a filter takes the place of the network. Its score is its largest response, anywhere in the image. If
the score falls when a patch covers a place, the filter needed that place. If the same shape is at two places, covering
one of them changes nothing: a map of zeros does not mean that nothing was found.

This exercise builds on exercise 1: import `convolve` from ex01_convolution. Until your exercise 1 passes, a correct
`convolve` is used instead of yours.

See a worked example:  kcnn lecture convolution
Check your solution:   kcnn homework check occlusion
"""

import numpy as np


def cover_patch(image: np.ndarray, row: int, column: int, size: int, value: float) -> np.ndarray:
    """Return a copy of the image in which a square patch has the same value everywhere.

    Args:
        image: shape (height, width).
        row: row of the patch's upper left pixel.
        column: column of the patch's upper left pixel.
        size: height and width of the patch. Parts of the patch outside the image are ignored.
        value: the new value. It may be a fraction even if the pixels are whole numbers.

    Returns:
        An array of the same shape.
    """
    # TODO: Copy the image, then change the copy.
    raise NotImplementedError


def occlusion_map(image: np.ndarray, kernel: np.ndarray, size: int, value: float) -> np.ndarray:
    """Return by how much the score falls when a patch covers each place.

    The score of an image is the largest number in its convolution with the kernel.

    Args:
        image: shape (height, width).
        kernel: shape (rows, columns).
        size: height and width of the patch.
        value: the value of every pixel in the patch.

    Returns:
        An array of shape (height - size + 1, width - size + 1). The number at [row, column] is the score of the image,
        minus the score of the image with a patch whose upper left pixel is there. It is negative where the score rises.
    """
    # TODO: Compute the score of the image once, and the score of each covered image.
    raise NotImplementedError
