"""A slice of the image, copied into a slice of zeros; pooling by reshaping."""

import numpy as np


def shift_image(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Copy the visible part of the image into an image of zeros, in float32."""
    height, width = image.shape
    shifted = np.zeros((height, width), np.float32)
    if abs(rows) < height and abs(columns) < width:
        source = image[max(-rows, 0) : height - max(rows, 0), max(-columns, 0) : width - max(columns, 0)]
        top, left = max(rows, 0), max(columns, 0)
        shifted[top : top + source.shape[0], left : left + source.shape[1]] = source
    return shifted


def change_after_pooling(image: np.ndarray, poolings: int, rows: int, columns: int) -> np.float32:
    """Return the relative change of the pooled image, from 0 to 1."""
    maps = np.stack([image.astype(np.float64), shift_image(image, rows, columns)])
    for _ in range(poolings):
        height, width = maps.shape[1] // 2, maps.shape[2] // 2
        maps = maps[:, : 2 * height, : 2 * width].reshape(2, height, 2, width, 2).max(axis=(2, 4))
    total = np.abs(maps).sum()
    return np.float32(np.abs(maps[1] - maps[0]).sum() / total if total else 0)
