"""Exercise 13: what a shifted object does to a convolution, and to pooling.

Slide "CNN's": "convolution filters are shift-invariant", and "invariance to an object shifting is roughly achieved by
pooling". Here you measure how roughly. See it:  kcnn lecture summary

This builds on exercise 6. While yours does not pass yet, a right one is put in its place here.

Check yours:  kcnn homework check shift
"""

import numpy as np


def shift_image(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return the image moved down by `rows` and right by `columns`; negative: up, left.

    Zeros come in, and what moves over the border is lost. image: (height, width); so is the result.
    """
    # TODO: which part of the image stays in sight, and where does it go?
    raise NotImplementedError


def change_after_pooling(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    """Return how much the map after `poolings` max poolings changes, in place, when the image is shifted.

    That is the sum of the absolute differences of both maps, divided by the sum of the absolute values of both: 0 where
    the map stays the same, 1 where nothing is left in its place. Two maps of zeros: 0.
    """
    # TODO: pool the image as often, and the shifted image as often, and compare.
    raise NotImplementedError
