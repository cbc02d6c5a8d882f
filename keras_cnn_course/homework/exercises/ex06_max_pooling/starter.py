"""Exercise 6: max pooling with 2x2 windows.

Slide "Max Pooling": divide the image into windows of 2x2 pixels, and keep the largest number in each window.

See a worked example:  kcnn lecture max-pooling
Check your solution:   kcnn homework check max_pooling
"""

import numpy as np


def max_pool(image: np.ndarray) -> np.ndarray:
    """Return the largest number in each 2x2 window. The windows do not overlap.

    Args:
        image: shape (height, width), at least 2x2. Its numbers may be negative. If the height or the width is odd, the
            last row or column does not fill a window and is ignored.
    """
    # TODO: How many windows are there, vertically and horizontally?
    raise NotImplementedError
