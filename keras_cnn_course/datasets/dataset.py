"""The one value that every loader returns."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

__all__ = ["Dataset"]


@dataclass(frozen=True)
class Dataset:
    """Images and labels of a classification task, split into training and test.

    Args:
        name: what `--dataset` was given: a name or a path.
        x_train: `(n, height, width, channels)`, uint8, or float32 on the same scale of 0 to 255.
        y_train: `(n,)`, int32, from 0 to `num_classes - 1`.
        x_test: as `x_train`.
        y_test: as `y_train`.
        class_names: one name a class, in the order of the labels.
        source: where the bytes came from, for people.
        licence: the licence of the data, or "unknown".
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...] = field(default=())
    source: str = ""
    licence: str = "unknown"

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one image, `(height, width, channels)`."""
        height, width, channels = self.x_train.shape[1:]
        return int(height), int(width), int(channels)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the array contents: dtype, shape and bytes of the four arrays in order."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
