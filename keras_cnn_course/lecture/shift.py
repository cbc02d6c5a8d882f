"""What a shifted object does to a convolution and to pooling (slide "CNN's").

The slide says "convolution filters are shift-invariant". Precisely they are equivariant: shift the image, and the
feature map shifts with it, unchanged. Invariance (the map stays where it was) comes only from pooling, and roughly.

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
    """Return the image moved down by `rows` and right by `columns` (negative: up, left); zeros come in.

    Args:
        image: `(height, width)` or `(height, width, channels)`.

    Returns:
        Same shape and type; what moves over the border is lost.
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
    """Return the largest difference between shifting first and applying first; 0 means exactly equivariant.

    The pixels that the shift brought in, and `border` more on every side, are left out: what a kernel sees beyond the
    border is not part of the claim.

    Args:
        apply: image -> feature map with as many pixels between neighbours as the image: a convolution of stride 1.
        image: `(height, width)` or `(height, width, channels)`.
        rows: shift downwards.
        columns: shift to the right.
        border: pixels of the map to leave out on each side; with `same` padding half the kernel.

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
        inner.append(slice(border + max(shift, 0), size - border + min(shift, 0)))
    difference = np.abs(shifted_first - applied_first)[inner[0], inner[1]]
    if difference.size == 0:
        raise UsageError(
            f"Expected a shift and border that leave something of a {shifted_first.shape[0]}x{shifted_first.shape[1]} "
            f"map. Received: rows={rows}, columns={columns}, border={border}. Use a larger image or a smaller shift."
        )
    return float(difference.max())


def measure_change(apply: Callable[[np.ndarray], np.ndarray], image: np.ndarray, *, rows: int, columns: int) -> float:
    """Return how much a feature map changes in place when the image is shifted; 0 means exactly invariant.

    Args:
        apply: image -> feature map of any shape.
        image: `(height, width)` or `(height, width, channels)`.
        rows: shift downwards.
        columns: shift to the right.

    Returns:
        Sum of the absolute differences over the sum of both maps' absolute values: 0 is the same map, 1 is two maps
        that share nothing (0 also when both are zero).

    >>> measure_change(lambda image: image, np.array([[0, 1, 0]]), rows=0, columns=1)
    1.0
    >>> measure_change(lambda image: image.max(axis=1), np.array([[0, 1, 0]]), rows=0, columns=1)
    0.0
    """
    before = apply(image).astype(float)
    after = apply(shift_image(image, rows=rows, columns=columns)).astype(float)
    total = np.abs(before).sum() + np.abs(after).sum()
    return float(np.abs(after - before).sum() / total) if total else 0.0
