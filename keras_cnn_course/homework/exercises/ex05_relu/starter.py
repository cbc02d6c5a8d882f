"""Exercise 5: ReLU, the activation after every convolution in the lecture.

Slide "Max Pooling: after ReLU": negative numbers become 0, all other numbers stay the same.

See a worked example:  kcnn lecture relu
Check your solution:   kcnn homework check relu
"""

import numpy as np


def relu(values: np.ndarray) -> np.ndarray:
    """Return a new array in which negative numbers are replaced with 0.

    Args:
        values: any shape. Leave this array unchanged: another part of a network may still need it.

    Returns:
        An array of the same shape.
    """
    # TODO
    raise NotImplementedError
