"""Exercise 12: the filters that a network has learned, as small pictures.

Slide "Convolution Layer": the filters are unknown at first, and the network learns them. Here you read them from a
model.

See the filters of a run:  kcnn filters runs/cnn-001
Check your solution:       kcnn homework check learned_filters
"""

import keras
import numpy as np


def read_filters(model: keras.Model) -> np.ndarray:
    """Return the k kernels of the first convolution layer of a model, one after the other.

    `read_filters(model)[0]` is the first kernel, a small picture.

    Args:
        model: any model with a convolution layer. The layer may have any name, and other layers may come before it.

    Returns:
        An array of shape (k, rows, columns, channels).
    """
    # TODO: Find the first layer that is a keras.layers.Conv2D.
    # TODO: Keras stores the kernels with the shape (rows, columns, channels, k). Which axis has to move to the front?
    raise NotImplementedError
