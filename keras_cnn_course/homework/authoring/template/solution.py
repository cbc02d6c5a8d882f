"""Exercise 99: Template name."""

import numpy as np


def template_name(values: np.ndarray) -> np.ndarray:
    """Return the numbers, shifted and divided so that the smallest one is 0 and the largest one is 1."""
    shifted = values - values.min()
    return shifted / shifted.max()
