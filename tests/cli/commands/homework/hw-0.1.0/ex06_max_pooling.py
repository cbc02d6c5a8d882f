"""Exercise 6: max pooling over 2x2 windows.

Slide "Max Pooling": the image is divided into windows of 2x2 pixels, and the largest number of each is kept. See it
done:  kcnn lecture max-pooling

Check yours:  kcnn homework check max_pooling
"""

import numpy as np


def max_pool(image: np.ndarray) -> np.ndarray:
    """Return the largest number of each 2x2 window. The windows do not overlap.

    image: (height, width), at least 2x2, with any numbers. A last row or column that fills no window is left out.
    """
    # TODO: how many windows are there, down and across?
    raise NotImplementedError
