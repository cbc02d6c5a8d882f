"""The first weights of the first Conv2D are the kernels; `transpose` lists the axes in their new order."""

import keras
import numpy as np


def read_filters(model: keras.Model) -> np.ndarray:
    """Return the kernels of the first convolution layer."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            return layer.get_weights()[0].transpose(3, 0, 1, 2)
    raise ValueError("the model has no convolution")
