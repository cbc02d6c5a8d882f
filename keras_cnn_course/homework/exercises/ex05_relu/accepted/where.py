"""A condition selects the numbers to keep."""

import numpy as np


def relu(values: np.ndarray) -> np.ndarray:
    """Keep the positive numbers and return 0 elsewhere, in float32."""
    return np.where(values > 0, values, 0).astype(np.float32)
