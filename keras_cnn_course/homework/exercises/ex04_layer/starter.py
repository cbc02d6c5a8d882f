"""Exercise 4: a convolution layer with k filters and a bias.

Slide "Convolution Layer: depth d": the image has d channels, and so does each of the k kernels. Each kernel produces
one channel of the output.

See worked examples:  kcnn lecture depth
                      kcnn lecture layer
Check your solution:  kcnn homework check layer
"""

import numpy as np


def conv_layer(image: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Compute the output of a convolution layer before its activation, like Conv2D in Keras.

    Args:
        image: shape (height, width, d).
        kernels: shape (rows, columns, d, k).
        bias: shape (k,).

    Returns:
        An array of shape (height - rows + 1, width - columns + 1, k).
    """
    # TODO: To compute a pixel of output channel n, combine a window of all d channels with kernels[:, :, :, n].
    # TODO: Each kernel has its own bias.
    raise NotImplementedError


def count_parameters(depth: int, filters: int) -> int:
    """Return the number of parameters that a layer learns.

    Args:
        depth: number of channels of the image.
        filters: number of 3x3 kernels.
    """
    # TODO: How many parameters does one kernel have, including its bias?
    raise NotImplementedError
