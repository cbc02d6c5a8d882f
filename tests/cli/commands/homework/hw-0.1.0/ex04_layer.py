"""Exercise 4: a convolution layer, k filters and a bias.

Slide "Convolution Layer: depth d": the image has d channels, and so has each of the k kernels. Each kernel gives one
channel of the output. See it:  kcnn lecture depth     kcnn lecture layer

Check yours:  kcnn homework check layer
"""

import numpy as np


def conv_layer(image: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return the output of a convolution layer without its activation, as Keras's Conv2D computes it.

    image: (height, width, d). kernels: (rows, columns, d, k). bias: (k,).
    Returns (height - rows + 1, width - columns + 1, k).
    """
    # TODO: an output pixel of channel number n comes from a window of all d channels, and kernels[:, :, :, n].
    # TODO: each kernel has a bias of its own.
    raise NotImplementedError


def count_parameters(depth: int, filters: int) -> int:
    """Return how many numbers a layer of `filters` kernels of 3x3 learns on an image of `depth` channels."""
    # TODO: how many numbers has one kernel, with its bias?
    raise NotImplementedError
