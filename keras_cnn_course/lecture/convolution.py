"""Convolution as on the slides: lay the kernel on the image, multiply pixel by pixel, add up.

Slides "Convolution", "Take dot product!", "Output is smaller; pad 0's" and "Convolution Layer". The kernel is not
flipped, as in Keras, so strictly speaking this is a cross-correlation. With `flip` it becomes a convolution. The
kernels on the slides do not change when they are turned by 180 degrees, so there both are the same.

    >>> image = np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]])
    >>> convolve(image, np.array([[1, 1], [1, 1]]))
    array([[1, 2],
           [2, 4]])

`convolve_by_loops` does the same step by step, as the slides show it. On integers the two agree exactly.
"""

from dataclasses import dataclass

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.receptive_field import Stage

__all__ = ["DotProduct", "convolve", "convolve_by_loops", "flip", "output_shape", "pad_zeros", "take_dot_product"]


@dataclass(frozen=True, eq=False)
class DotProduct:
    """One step of slide "Take dot product!": the sum of window times kernel, plus the bias.

    Args:
        window: the part of the image under the kernel.
        products: window times kernel, pixel by pixel.
        bias: added to the sum of the products.
    """

    window: np.ndarray
    products: np.ndarray
    bias: float

    @property
    def total(self) -> float:
        """The output pixel."""
        return self.products.sum().item() + self.bias


def take_dot_product(
    image: np.ndarray, kernel: np.ndarray, *, row: int, column: int, bias: float = 0, stride: int = 1
) -> DotProduct:
    """Return the step that computes one output pixel. Any padding must be in the image already.

    Args:
        image: `(height, width)` or `(height, width, channels)`.
        kernel: `(rows, columns)`, or `(rows, columns, channels)` for an image with channels.
        row: of the output pixel.
        column: of the output pixel.
        stride: pixels between neighboring positions of the kernel.

    Raises:
        UsageError: the kernel does not fit into the image at this position.

    >>> step = take_dot_product(np.eye(3, dtype=int), np.array([[1, 2], [3, 4]]), row=1, column=1)
    >>> step.products
    array([[1, 0],
           [0, 4]])
    >>> step.total
    5
    """
    top, left = row * stride, column * stride
    window = image[top : top + kernel.shape[0], left : left + kernel.shape[1]]
    if min(row, column) < 0 or window.shape != kernel.shape:
        raise UsageError(
            f"A kernel of shape {kernel.shape} does not fit into an image of shape {image.shape} at output pixel "
            f"({row}, {column}). Use a larger image or another position."
        )
    return DotProduct(window, window * kernel, bias)


def convolve_by_loops(
    image: np.ndarray,
    kernels: np.ndarray,
    bias: np.ndarray | float = 0,
    *,
    stride: int = 1,
    padding: str = "valid",
) -> np.ndarray:
    """Compute the same as `convolve`, one output pixel after the other: slow, but easy to follow.

    >>> image = np.arange(9).reshape(3, 3)
    >>> convolve_by_loops(image, np.array([[0, 1], [0, 0]]))
    array([[1, 2],
           [4, 5]])
    """
    plain = image.ndim == 2 and kernels.ndim == 2
    image, kernels, biases = _with_channels(image, kernels, bias)
    height, width = output_shape(image.shape, kernels.shape, stride=stride, padding=padding)
    padded = pad_zeros(image, kernels.shape[:2], stride=stride) if padding == "same" else image
    feature_map = np.zeros((height, width, kernels.shape[-1]), dtype=kernels.dtype)
    for number in range(kernels.shape[-1]):
        kernel = kernels[..., number]
        for row in range(height):
            for column in range(width):
                step = take_dot_product(
                    padded, kernel, row=row, column=column, bias=biases[number].item(), stride=stride
                )
                feature_map[row, column, number] = step.total
    return feature_map[..., 0] if plain else feature_map


def convolve(
    image: np.ndarray,
    kernels: np.ndarray,
    bias: np.ndarray | float = 0,
    *,
    stride: int = 1,
    padding: str = "valid",
) -> np.ndarray:
    """Return the image convolved with one kernel, or with k kernels stacked into one output feature map.

    Instead of moving the kernel over the image, this moves the image under each weight of the kernel. It adds whole
    images, one per weight.

    Args:
        image: `(height, width)`, or `(height, width, d)` with d channels.
        kernels: `(rows, columns)` for an image without channels, or `(rows, columns, d, k)`, as in Keras.
        bias: one number for all kernels, or `(k,)`.
        stride: pixels between neighboring positions of the kernel.
        padding: with `valid` the kernel stays inside the image, so the output is smaller. With `same` there are zeros
            around the image, so the output is as large as the input (divided by the stride, rounded up).

    Returns:
        `(height', width')` for one kernel without channels, otherwise `(height', width', k)`. int64 if image,
        kernels and bias are integers.

    Raises:
        UsageError: the shapes do not fit together.

    >>> convolve(np.zeros((28, 28, 1)), np.zeros((3, 3, 1, 32))).shape  # slide "Convolution Layer"
    (26, 26, 32)
    >>> convolve(np.ones((3, 3), dtype=int), np.ones((3, 3), dtype=int), padding="same")
    array([[4, 6, 4],
           [6, 9, 6],
           [4, 6, 4]])
    """
    plain = image.ndim == 2 and kernels.ndim == 2
    image, kernels, biases = _with_channels(image, kernels, bias)
    height, width = output_shape(image.shape, kernels.shape, stride=stride, padding=padding)
    padded = pad_zeros(image, kernels.shape[:2], stride=stride) if padding == "same" else image
    feature_map = np.zeros((height, width, kernels.shape[-1]), dtype=kernels.dtype) + biases
    for row, column in np.ndindex(*kernels.shape[:2]):
        bottom, right = row + height * stride, column + width * stride
        feature_map += padded[row:bottom:stride, column:right:stride] @ kernels[row, column]
    return feature_map[..., 0] if plain else feature_map


def output_shape(
    image_shape: tuple[int, ...], kernel_shape: tuple[int, ...], *, stride: int = 1, padding: str = "valid"
) -> tuple[int, int]:
    """Return height and width of the output: (size - kernel) // stride + 1 for `valid`, size / stride for `same`.

    Raises:
        UsageError: the kernel is larger than the image.

    >>> output_shape((7, 7), (3, 3)), output_shape((7, 7), (3, 3), padding="same")
    ((5, 5), (7, 7))
    """
    height, width = (
        Stage(kernel, stride=stride, padding=padding).output_size(size)
        for size, kernel in zip(image_shape[:2], kernel_shape[:2], strict=True)
    )
    if height < 1 or width < 1:
        raise UsageError(
            f"The image ({image_shape[0]}x{image_shape[1]}) is smaller than the kernel "
            f"({kernel_shape[0]}x{kernel_shape[1]}). Use a larger image or a smaller kernel."
        )
    return height, width


def pad_zeros(image: np.ndarray, kernel_shape: tuple[int, ...], *, stride: int = 1) -> np.ndarray:
    """Add the zeros around an image that keep the output as large as the input (slide "pad 0's").

    If an odd number of zeros is needed, the extra one goes below and to the right, as in Keras.

    >>> pad_zeros(np.array([[1, 2]]), (3, 3))
    array([[0, 0, 0, 0],
           [0, 1, 2, 0],
           [0, 0, 0, 0]])
    """
    widths = []
    for size, kernel in zip(image.shape[:2], kernel_shape[:2], strict=True):
        stage = Stage(kernel, stride=stride, padding="same")
        needed = max((stage.output_size(size) - 1) * stride + kernel - size, 0)
        before = stage.pad_before(size)
        widths.append((before, needed - before))
    return np.pad(image, widths + [(0, 0)] * (image.ndim - 2))


def flip(kernel: np.ndarray) -> np.ndarray:
    """Turn a kernel by 180 degrees: `convolve(image, flip(kernel))` is the convolution of mathematics.

    >>> flip(np.array([[1, 2], [3, 4]]))
    array([[4, 3],
           [2, 1]])
    """
    return kernel[::-1, ::-1]


def _with_channels(
    image: np.ndarray, kernels: np.ndarray, bias: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return image (h, w, d), kernels (rows, columns, d, k) and bias (k,), in one type that can hold the sums."""
    if (image.ndim, kernels.ndim) == (2, 2):
        image, kernels = image[..., np.newaxis], kernels[..., np.newaxis, np.newaxis]
    if image.ndim != 3 or kernels.ndim != 4 or image.shape[2] != kernels.shape[2]:
        raise UsageError(
            f"The shapes of the image, {image.shape}, and the kernels, {kernels.shape}, do not fit together. They must "
            "be (height, width) and (rows, columns), or (height, width, d) and (rows, columns, d, k)."
        )
    biases = np.asarray(bias)
    if biases.shape not in ((), (kernels.shape[3],)):
        raise UsageError(f"The bias must have one number per kernel, ({kernels.shape[3]},); got shape {biases.shape}.")
    dtype = np.result_type(image.dtype, kernels.dtype, biases.dtype)
    if not np.issubdtype(dtype, np.inexact):
        dtype = np.dtype(np.int64)
    biases = np.broadcast_to(biases, kernels.shape[3:])
    return image.astype(dtype), kernels.astype(dtype), biases.astype(dtype)
