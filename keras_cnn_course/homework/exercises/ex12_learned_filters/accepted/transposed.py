"""The first weights with four axes are the kernels; `transpose` lists the axes in their new order."""

import keras
import numpy as np


def read_filters(model: keras.Model) -> np.ndarray:
    """Return the kernels of the first convolution layer."""
    for layer in model.layers:
        for weight in layer.get_weights():
            if weight.ndim == 4:
                return weight.transpose(3, 0, 1, 2)
    raise ValueError("the model has no convolution")
