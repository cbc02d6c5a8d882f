"""A copy, in which negative numbers are replaced one by one."""

import numpy as np


def relu(values: np.ndarray) -> np.ndarray:
    """Return a changed copy."""
    output = values.copy()
    for place in np.ndindex(*output.shape):
        if output[place] < 0:
            output[place] = 0
    return output
