"""Chosen by a condition."""

import numpy as np


def relu(values: np.ndarray) -> np.ndarray:
    """Return each number where it is positive, and 0 elsewhere, as float32."""
    return np.where(values > 0, values, 0).astype(np.float32)
