"""The kernels, taken out one by one and stacked."""

import keras
import numpy as np
from keras import ops


def read_filters(model: keras.Model) -> np.ndarray:
    """Return the kernels of the first convolution layer."""
    first = next(layer for layer in model.layers if type(layer).__name__ == "Conv2D")
    kernels = ops.convert_to_numpy(first.kernel)
    return np.stack([kernels[..., number] for number in range(kernels.shape[3])])
