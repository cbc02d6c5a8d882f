"""A wide frame of zeros around the image, and a window that moves the opposite way."""

import numpy as np
from ex06_max_pooling import max_pool


def shift_image(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Cut a window out of the padded image."""
    frame = max(abs(rows), abs(columns))
    padded = np.pad(image, frame)
    top, left = frame - rows, frame - columns
    return padded[top : top + image.shape[0], left : left + image.shape[1]]


def change_after_pooling(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    """Return the relative change of the pooled image, from 0 to 1."""
    image = image.astype(float)
    shifted = shift_image(image, rows, columns)
    if poolings:
        return _change(_pool(image, poolings), _pool(shifted, poolings))
    return _change(image, shifted)


def _pool(image: np.ndarray, poolings: int) -> np.ndarray:
    return image if poolings == 0 else _pool(max_pool(image), poolings - 1)


def _change(before: np.ndarray, after: np.ndarray) -> float:
    total = float(np.sum(np.abs(before) + np.abs(after)))
    return float(np.sum(np.abs(after - before))) / total if total else 0.0
