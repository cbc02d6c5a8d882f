"""Pooling: aggregate local information into a smaller image (slides "Pooling", "Max Pooling").

    >>> after_relu = np.array([[0, 1, 3, 1, 0], [1, 1, 1, 3, 3], [0, 0, 0, 0, 0], [1, 1, 1, 3, 3], [0, 1, 3, 1, 0]])
    >>> max_pool(after_relu)
    array([[1, 3],
           [1, 3]])

Five rows have room for two windows of two, so the last row and column are dropped. With `same` padding they get their
own windows, in which only the pixels inside the image count.
"""

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.receptive_field import Stage

__all__ = ["average_pool", "dropped_pixels", "find_winners", "max_pool"]


def max_pool(image: np.ndarray, *, window: int = 2, stride: int | None = None, padding: str = "valid") -> np.ndarray:
    """Return the largest number of each window.

    Args:
        image: `(height, width)` or `(height, width, channels)`; each channel is pooled separately.
        window: height and width of the window.
        stride: pixels between neighboring windows. None: as large as the window, so that windows do not overlap.
        padding: `valid` or `same`.

    Returns:
        `(height', width')` or `(height', width', channels)`, of the image's type.

    Raises:
        UsageError: the image is smaller than one window.

    >>> max_pool(np.arange(9).reshape(3, 3), padding="same")
    array([[4, 5],
           [7, 8]])
    """
    return np.max(_taps(image, window, stride=stride, padding=padding, outside=_lowest(image)), axis=0)


def average_pool(
    image: np.ndarray, *, window: int = 2, stride: int | None = None, padding: str = "valid"
) -> np.ndarray:
    """Return the mean of each window as float64, whatever the image's type. The arguments are those of `max_pool`.

    >>> average_pool(np.array([[1, 2, 0], [3, 6, 0]]))
    array([[3.]])
    """
    sums = np.sum(_taps(image, window, stride=stride, padding=padding, outside=0), axis=0, dtype=np.float64)
    counts = np.sum(_taps(np.ones(image.shape), window, stride=stride, padding=padding, outside=0), axis=0)
    return sums / counts


def find_winners(
    image: np.ndarray, *, window: int = 2, stride: int | None = None, padding: str = "valid"
) -> np.ndarray:
    """Return the position of the largest number of each window, the first one if several are equal.

    Args:
        image: `(height, width)`.
        window: height and width of the window.
        stride: as in `max_pool`.
        padding: `valid` or `same`.

    Returns:
        `(height', width', 2)`: row and column in the image.

    >>> find_winners(np.array([[0, 1], [3, 3]])).tolist()
    [[[1, 0]]]
    """
    stage = Stage(window, stride=stride or window, padding=padding)
    taps = np.argmax(_taps(image, window, stride=stride, padding=padding, outside=_lowest(image)), axis=0)
    rows, columns = np.indices(taps.shape) * stage.stride
    before = [stage.pad_before(size) for size in image.shape]
    return np.stack([rows - before[0] + taps // window, columns - before[1] + taps % window], axis=-1)


def dropped_pixels(size: int, *, window: int = 2, stride: int | None = None) -> int:
    """Return the number of rows (or columns) at the end that no window reads with `valid` padding.

    >>> dropped_pixels(5), dropped_pixels(26)
    (1, 0)
    """
    stage = Stage(window, stride=stride or window)
    outputs = stage.output_size(size)
    return size if outputs == 0 else size - ((outputs - 1) * stage.stride + window)


def _lowest(image: np.ndarray) -> float:
    """Return a number that is never larger than one in the image."""
    if image.dtype == np.bool_:
        return False
    return -np.inf if np.issubdtype(image.dtype, np.inexact) else np.iinfo(image.dtype).min


def _taps(image: np.ndarray, window: int, *, stride: int | None, padding: str, outside: float) -> np.ndarray:
    """Return the pixels of the windows, `(window * window, height', width', ...)`: first the upper left ones."""
    stage = Stage(window, stride=stride or window, padding=padding)
    height, width = (stage.output_size(size) for size in image.shape[:2])
    if height < 1 or width < 1:
        raise UsageError(
            f"The image ({image.shape[0]}x{image.shape[1]}) is smaller than the pooling window ({window}x{window}). "
            "Use a larger image or a smaller window."
        )
    step = stage.stride
    edges = [(stage.pad_before(size), window) if padding == "same" else (0, 0) for size in image.shape[:2]]
    padded = np.pad(image, edges + [(0, 0)] * (image.ndim - 2), constant_values=outside)
    return np.stack(
        [
            padded[row : row + (height - 1) * step + 1 : step, column : column + (width - 1) * step + 1 : step]
            for row, column in np.ndindex(window, window)
        ]
    )
