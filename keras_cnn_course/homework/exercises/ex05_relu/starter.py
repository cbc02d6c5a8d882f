"""Exercise 5: ReLU, the activation behind every convolution of the lecture.

See it:  kcnn lecture relu

Check yours:  kcnn homework check relu
"""

import numpy as np


def relu(values: np.ndarray) -> np.ndarray:
    """Return a new array of the same shape: negative numbers become 0, the others stay.

    The array that is given must stay as it is: in a network, others may still need it.
    """
    # TODO
    raise NotImplementedError
