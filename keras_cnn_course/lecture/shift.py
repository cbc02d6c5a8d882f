"""The effect of a shifted object on convolution and pooling (slide "CNN's").

The slide says "convolution filters are shift-invariant". The precise word is equivariant: when the image shifts, the
feature map shifts with it, unchanged. Invariance means that the feature map stays as it is. Only pooling achieves it,
and only roughly.

    >>> image = np.array([[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    >>> shift_image(image, rows=0, columns=1)
    array([[0, 0, 0, 0],
           [0, 0, 1, 0],
           [0, 0, 0, 0]])
"""

from collections.abc import Callable

import numpy as np

from keras_cnn_course.errors import UsageError

__all__ = ["measure_change", "measure_equivariance", "shift_image"]


def shift_image(image: np.ndarray, *, rows: int, columns: int) -> np.ndarray:
    """Shift an image down by `rows` and right by `columns` (negative: up, left) and fill in zeros.

    Args:
        image: `(height, width)` or `(height, width, channels)`.

    Returns:
        Same shape and type. Pixels that leave the image are lost.
    """
    height, width = image.shape[:2]
    shifted = np.zeros_like(image)
    if abs(rows) < height and abs(columns) < width:
        source = image[max(-rows, 0) : height - max(rows, 0), max(-columns, 0) : width - max(columns, 0)]
        top, left = max(rows, 0), max(columns, 0)
        shifted[top : top + source.shape[0], left : left + source.shape[1]] = source
    return shifted


def measure_equivariance(
    apply: Callable[[np.ndarray], np.ndarray], image: np.ndarray, *, rows: int, columns: int, border: int = 0
) -> float:
    """Return the largest difference between shifting first and applying first: 0 means exactly equivariant.

    The pixels that are filled in by the shift, and `border` more on every side, are left out, because a kernel sees
    something else there.

    Args:
        apply: image -> feature map of the same scale, such as a convolution with stride 1.
        image: `(height, width)` or `(height, width, channels)`.
        rows: shift downwards.
        columns: shift to the right.
        border: pixels of the feature map to leave out on each side. With `same` padding use half the kernel.

    Raises:
        UsageError: nothing is left to compare.

    >>> edges = lambda image: image[1:] - image[:-1]
    >>> measure_equivariance(edges, np.arange(16).reshape(4, 4) ** 2, rows=1, columns=0)
    0.0
    """
    shifted_first = apply(shift_image(image, rows=rows, columns=columns)).astype(float)
    applied_first = shift_image(apply(image), rows=rows, columns=columns).astype(float)
    inner = []
    for size, shift in zip(shifted_first.shape[:2], (rows, columns), strict=True):
        inner.append(slice(border + max(shift, 0), max(size - border + min(shift, 0), 0)))
    difference = np.abs(shifted_first - applied_first)[inner[0], inner[1]]
    if difference.size == 0:
        raise UsageError(
            f"A shift of {rows} rows and {columns} columns with a border of {border} leaves nothing to compare in a "
            f"feature map of {shifted_first.shape[0]}x{shifted_first.shape[1]}. Use a larger image or a smaller shift."
        )
    return float(difference.max())


def measure_change(apply: Callable[[np.ndarray], np.ndarray], image: np.ndarray, *, rows: int, columns: int) -> float:
    """Return how much a feature map changes in place when the image is shifted: 0 means exactly invariant.

    Args:
        apply: image -> feature map of any shape.
        image: `(height, width)` or `(height, width, channels)`.
        rows: shift downwards.
        columns: shift to the right.

    Returns:
        The sum of the absolute differences, divided by the sum of the absolute values of both feature maps. It is 0
        for equal feature maps and 1 if they have nothing in common.

    >>> measure_change(lambda image: image, np.array([[0, 1, 0]]), rows=0, columns=1)
    1.0
    >>> measure_change(lambda image: image.max(axis=1), np.array([[0, 1, 0]]), rows=0, columns=1)
    0.0
    """
    before = apply(image).astype(float)
    after = apply(shift_image(image, rows=rows, columns=columns)).astype(float)
    total = np.abs(before).sum() + np.abs(after).sum()
    return float(np.abs(after - before).sum() / total) if total else 0.0
