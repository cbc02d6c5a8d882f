"""The basic building block of CNN's: a convolution layer with its activation, then max pooling (slide of that name).

>>> maps = run_block(np.ones((28, 28, 1)), np.ones((3, 3, 1, 32)), np.zeros(32))
>>> maps.convolved.shape, maps.activated.shape, maps.pooled.shape
((26, 26, 32), (26, 26, 32), (13, 13, 32))
"""

from dataclasses import dataclass

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.pooling import max_pool

__all__ = ["BlockMaps", "ExampleLayer", "design_layer", "run_block"]


@dataclass(frozen=True, eq=False)
class BlockMaps:
    """What a block makes of an image, step by step; each `(height, width, k)`.

    Args:
        convolved: after the convolution and the bias.
        activated: after ReLU.
        pooled: after max pooling.
    """

    convolved: np.ndarray
    activated: np.ndarray
    pooled: np.ndarray

    @property
    def dead(self) -> np.ndarray:
        """Which of the k channels ReLU sets to 0 everywhere, `(k,)`, bool."""
        return np.all(self.activated <= 0, axis=(0, 1))


def run_block(image: np.ndarray, kernels: np.ndarray, bias: np.ndarray, *, pool_size: int = 2) -> BlockMaps:
    """Return the maps of one block.

    Args:
        image: `(height, width, d)`.
        kernels: `(rows, columns, d, k)`.
        bias: `(k,)`.
        pool_size: height and width of the pooling window.
    """
    convolved = convolve(image, kernels, bias)
    activated = relu(convolved)
    return BlockMaps(convolved, activated, max_pool(activated, window=pool_size))


@dataclass(frozen=True, eq=False)
class ExampleLayer:
    """A convolution layer designed by hand, to show what a learned one does.

    Args:
        names: one a kernel.
        kernels: `(3, 3, 1, 4)`, int64.
        bias: `(4,)`, int64.
    """

    names: tuple[str, ...]
    kernels: np.ndarray
    bias: np.ndarray


def design_layer(image: np.ndarray) -> ExampleLayer:
    """Return four kernels; the last one's bias is so negative that ReLU leaves nothing of its output.

    It sums up nine pixels, which together are at most nine times the brightest one: this channel is dead, as a
    learned one can become.

    Args:
        image: `(height, width)`, integers; its brightest pixel decides the last bias.

    >>> design_layer(np.ones((7, 7), dtype=int)).bias.tolist()
    [0, 0, 0, -9]
    """
    names = ("horizontal-edges", "vertical-edges", "sharpen", "blur")
    kernels = np.stack([FILTERS[name].numerators for name in names], axis=-1)[:, :, np.newaxis]
    return ExampleLayer((*names[:-1], "sum of nine"), kernels, np.array([0, 0, 0, -9 * image.max()]))
