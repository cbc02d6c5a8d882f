"""Streams of arrays in the .npy format, read without trusting their bytes.

Text is sent as an array of its UTF-8 bytes. Pickled objects are neither written nor read.
"""

import io
from typing import BinaryIO

import numpy as np

from keras_cnn_course.files.arrays import ArrayFileError, read_npy

__all__ = ["decode_text", "encode_text", "read_arrays", "write_array"]


def write_array(stream: BinaryIO, array: np.ndarray) -> None:
    """Append an array of plain numbers."""
    np.lib.format.write_array(stream, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)


def encode_text(text: str) -> np.ndarray:
    """Return a text as an array of bytes."""
    return np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)


def decode_text(array: np.ndarray) -> str:
    """Return the text of an array of bytes, replacing those that are not UTF-8."""
    return array.astype(np.uint8).tobytes().decode("utf-8", "replace")


def read_arrays(content: bytes, *, most: int | None = None) -> list[np.ndarray]:
    """Return the arrays up to the first one that is incomplete or does not contain plain numbers.

    No array takes more memory than `content`, whatever its header claims.

    Args:
        most: the largest number of arrays to read, since reading many small ones takes long. None: all.

    >>> stream = io.BytesIO()
    >>> for array in (np.arange(3), encode_text("words")):
    ...     write_array(stream, array)
    >>> numbers, text = read_arrays(stream.getvalue() + b"\\x93NUMPY and then the writer was killed")
    >>> numbers.tolist(), decode_text(text)
    ([0, 1, 2], 'words')
    """
    stream = io.BytesIO(content)
    arrays: list[np.ndarray] = []
    while most is None or len(arrays) < most:
        try:
            arrays.append(read_npy(stream, limit=len(content)))
        except ArrayFileError:
            break
    return arrays
