"""The first block of a network, a convolution of images and 2x2 max pooling with ReLU, compiled as one loop for a CPU.

A convolution of an image with few channels has little to multiply and much to write. Computed together with the
pooling, no number is written that the pooling drops. The loop also notes which of a window's four numbers is the
largest; the first of equal ones wins, as in Keras. The gradient then needs no second search for the maximum. ReLU never
changes which number is larger, so it is applied to the maximum, and a window whose maximum it turns to zero has no
winner.

XLA compiles the loop. It does not compile the rest of a training step on a CPU, because its convolutions are slower.
"""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

__all__ = ["can_compile", "convolve_and_pool"]

_WINDOW = ((0, 0), (0, 1), (1, 0), (1, 1))  # rows and columns of a window's numbers, in the order in which ties are won
_PLACES = [[[[0.0], [1.0]]], [[[2.0], [3.0]]]]
_NO_WINNER = 4


@functools.cache
def can_compile() -> bool:
    """Return whether XLA compiles for this machine's CPU. Not every TensorFlow includes it."""
    try:
        with tf.init_scope(), tf.device("/CPU:0"):
            return int(_compile(lambda number: number + 1)(tf.constant(1))) == 2
    except (tf.errors.OpError, ValueError):
        return False


def convolve_and_pool(
    images: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None, *, same: bool, relu: bool
) -> tf.Tensor:
    """Return the maximum of each 2x2 window of a convolution with stride 1, after ReLU if asked for.

    It has no gradient with respect to the images. A last odd row or column of the feature maps belongs to no window.

    Args:
        images: `(batch, height, width, channels)`, float32.
        kernel: `(rows, columns, channels, filters)`.
        bias: `(filters,)` or None.
        same: pad the images with zeros so that the feature maps have their size.
    """
    rows, columns, _, filters = kernel.shape
    images = tf.stop_gradient(images)
    if same:
        images = tf.pad(images, [(0, 0), *(((size - 1) // 2, size // 2) for size in (rows, columns)), (0, 0)])
    height, width = (images.shape[1] - rows + 1) // 2, (images.shape[2] - columns + 1) // 2
    images = images[:, : 2 * height + rows - 1, : 2 * width + columns - 1]  # what the windows read
    bias = tf.zeros(filters, images.dtype) if bias is None else bias

    @tf.custom_gradient
    def convolved(kernel: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
        largest, winner = _compile(functools.partial(_find_winners, relu=relu))(images, kernel, bias)

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            kernel_gradient = tf.raw_ops.Conv2DBackpropFilter(
                input=images,
                filter_sizes=kernel.shape,
                out_backprop=_compile(_give_to_winners)(winner, upstream),
                strides=[1, 1, 1, 1],
                padding="VALID",
            )
            passed = tf.raw_ops.ReluGrad(gradients=upstream, features=largest) if relu else upstream
            return kernel_gradient, tf.raw_ops.BiasAddGrad(out_backprop=passed)

        return largest, gradient

    return convolved(kernel, bias)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    return tf.function(function, jit_compile=True, autograph=False)


def _find_winners(images: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, *, relu: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the largest number of each window, `(batch, height, width, filters)`, and its place in it, uint8."""
    rows, columns, channels, _ = kernel.shape
    last_row, last_column = images.shape[1] - rows, images.shape[2] - columns
    # Each slice is shared by the four numbers of a window. A slice for each of them would take longer to compile.
    pixels = {
        (r, c, channel): images[:, r : r + last_row : 2, c : c + last_column : 2, channel : channel + 1]
        for r in range(rows + 1)
        for c in range(columns + 1)
        for channel in range(channels)
    }
    weights = {(r, c, channel): kernel[r, c, channel] for r, c, channel in pixels if r < rows and c < columns}

    def feature_map(row: int, column: int) -> tf.Tensor:
        products = [pixels[row + r, column + c, channel] * weight for (r, c, channel), weight in weights.items()]
        return functools.reduce(tf.add, products) + bias

    largest = feature_map(*_WINDOW[0])
    winner = tf.zeros_like(largest, tf.uint8)
    for number, place in enumerate(_WINDOW[1:], start=1):
        candidate = feature_map(*place)
        winner = tf.where(candidate > largest, tf.constant(number, tf.uint8), winner)
        largest = tf.maximum(largest, candidate)
    if relu:
        winner = tf.where(largest > 0, winner, tf.constant(_NO_WINNER, tf.uint8))
        largest = tf.nn.relu(largest)
    return largest, winner


def _give_to_winners(winner: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Return the gradient of the windows' numbers, `(batch, 2 * height, 2 * width, channels)`: zero but at winners."""
    _, height, width, channels = upstream.shape
    # Comparing bytes is several times slower than comparing float32.
    wins = tf.cast(winner, tf.float32)[:, :, None, :, None] == tf.constant(_PLACES)
    spread = tf.where(wins, upstream[:, :, None, :, None], tf.zeros((), upstream.dtype))
    return tf.reshape(spread, (-1, 2 * height, 2 * width, channels))
