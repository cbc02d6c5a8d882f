"""Exercise 12: the filters that a network has learned, as pictures.

Slide "Convolution Layer": the filters are unknown, and are learned. Here you take them out of a model. See it for a
network that you have trained:  kcnn filters runs/cnn-001

Check yours:  kcnn homework check learned_filters
"""

import keras
import numpy as np


def read_filters(model: keras.Model) -> np.ndarray:
    """Return the kernels of the model's first convolution layer as (k, rows, columns, channels).

    So `read_filters(model)[0]` is the first kernel, a small picture. The layer may have any name, and need not be the
    model's first layer.
    """
    # TODO: find the first layer that is a keras.layers.Conv2D.
    # TODO: Keras keeps its kernels as (rows, columns, channels, k). Which axis has to go to the front?
    raise NotImplementedError
