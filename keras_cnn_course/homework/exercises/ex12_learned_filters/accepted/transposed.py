"""The layer is known by its kernel of four axes, which are named in their new order."""

import keras
import numpy as np


def read_filters(model: keras.Model) -> np.ndarray:
    """Return the first convolution's kernels."""
    for layer in model.layers:
        for weight in layer.get_weights():
            if weight.ndim == 4:
                return weight.transpose(3, 0, 1, 2)
    raise ValueError("the model has no convolution")
