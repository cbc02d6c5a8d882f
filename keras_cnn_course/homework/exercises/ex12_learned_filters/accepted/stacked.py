"""Each kernel is cut out, and all are stacked."""

import keras
import numpy as np
from keras import ops


def read_filters(model: keras.Model) -> np.ndarray:
    """Return the first convolution's kernels."""
    first = next(layer for layer in model.layers if "conv" in type(layer).__name__.lower())
    kernels = ops.convert_to_numpy(first.kernel)
    return np.stack([kernels[..., number] for number in range(kernels.shape[3])])
