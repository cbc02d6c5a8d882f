"""A copy in which a loop replaces the negative numbers."""

import numpy as np


def relu(values: np.ndarray) -> np.ndarray:
    """Return a copy without negative numbers."""
    output = values.copy()
    for place in np.ndindex(*output.shape):
        if output[place] < 0:
            output[place] = 0
    return output
