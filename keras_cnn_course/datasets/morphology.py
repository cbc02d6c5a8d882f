"""Operations on gray pictures and masks: dilation, erosion and closing with a square window, connected components."""

from collections.abc import Callable

import numpy as np

__all__ = ["close", "dilate", "erode", "label_components", "measure_width"]

_Pick = Callable[[np.ndarray, np.ndarray], np.ndarray]


def dilate(values: np.ndarray, size: int) -> np.ndarray:
    """Return the largest value in the window of `size` x `size` pixels around each pixel."""
    return _slide(_slide(values, size, 0, np.maximum), size, 1, np.maximum)


def erode(values: np.ndarray, size: int) -> np.ndarray:
    """Return the smallest value in the window of `size` x `size` pixels around each pixel."""
    return _slide(_slide(values, size, 0, np.minimum), size, 1, np.minimum)


def close(values: np.ndarray, size: int) -> np.ndarray:
    """Fill what is dark and narrower than `size` pixels with the tone around it.

    A step of brightness stays exactly as it is, whatever its direction.
    """
    return erode(dilate(values, size), size)


def label_components(mask: np.ndarray) -> np.ndarray:
    """Number the connected components of a mask from 1, diagonals included; 0 where it is False.

    Works on runs of pixels in a row, of which there are far fewer than pixels. Each run takes the smallest number
    among the runs that it touches in the rows above and below, until nothing changes.
    """
    height, width = mask.shape
    padded = np.zeros((height, width + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    # A run touches those of the row above that begin no later than its end and end no sooner than its start.
    stride = width + 2
    first = np.searchsorted(rows * stride + ends, (rows - 1) * stride + starts, side="left")
    last = np.searchsorted(rows * stride + starts, (rows - 1) * stride + ends, side="right")
    count = np.maximum(last - first, 0)
    below = np.repeat(np.arange(len(rows)), count)
    above = np.arange(len(below)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    names = np.arange(len(rows))
    while True:
        smallest = np.minimum(names[below], names[above])
        joined = names.copy()
        for side in (names[below], names[above], below, above):
            np.minimum.at(joined, side, smallest)
        joined = joined[joined]
        if np.array_equal(joined, names):
            break
        names = joined
    numbers = np.unique(names, return_inverse=True)[1] + 1
    labels = np.zeros(mask.shape, dtype=np.int32)
    labels[mask] = np.repeat(numbers, ends - starts)
    return labels


def measure_width(mask: np.ndarray) -> int:
    """Return the width in pixels of the widest square that fits into a mask."""
    left, width = np.pad(mask, 1), 0
    while left.any():
        left = erode(left, 3)
        width += 2
    return width


def _slide(values: np.ndarray, size: int, axis: int, pick: _Pick) -> np.ndarray:
    """Return the maximum or minimum of `size` neighbors along an axis, doubling the window until it is large enough."""
    length = values.shape[axis]
    before = (size - 1) // 2
    lines = np.moveaxis(values, axis, 0)
    # As np.pad does with mode="edge", in a fraction of its time.
    shape = [side + (size - 1 if number == axis else 0) for number, side in enumerate(values.shape)]
    picked = np.moveaxis(np.empty(shape, values.dtype), axis, 0)
    picked[:before], picked[before : before + length], picked[before + length :] = lines[0], lines, lines[-1]
    width = 1
    while width * 2 <= size:
        picked = pick(picked[:-width], picked[width:])
        width *= 2
    rest = size - width
    return np.moveaxis(pick(picked[:length], picked[rest : rest + length]), 0, axis)
