"""A copy in which a loop replaces the negative numbers."""

import numpy as np


def relu(values: np.ndarray) -> np.ndarray:
    """Return a copy without negative numbers."""
    output = values.copy()
    for index in np.ndindex(*output.shape):
        if output[index] < 0:
            output[index] = 0
    return output
