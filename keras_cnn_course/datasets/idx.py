"""The IDX format, in which MNIST was published: a magic number, the dimensions, then the numbers, big-endian."""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from keras_cnn_course.datasets.dataset import MAX_BYTES, Dataset
from keras_cnn_course.errors import DatasetError, reporting_os_errors
from keras_cnn_course.files.arrays import read_up_to

__all__ = ["find_idx_files", "load_idx_folder", "read_idx"]

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_STEMS = {
    "x_train": ("train-images", "idx3"),
    "y_train": ("train-labels", "idx1"),
    "x_test": ("t10k-images", "idx3"),
    "y_test": ("t10k-labels", "idx1"),
}


def read_idx(path: Path) -> np.ndarray:
    """Read one IDX file, gzipped or not.

    Args:
        path: a gzipped file if the name ends in `.gz`.

    Returns:
        The array in the machine's own byte order.

    Raises:
        DatasetError: it is not IDX, is shorter or longer than its header says, or unpacks to too much.
    """
    with reporting_os_errors(DatasetError, "read", path):
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
                return _read_stream(stream, path)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DatasetError(f"{path} is not a complete gzip file: {error}") from error


def find_idx_files(folder: Path) -> dict[str, Path]:
    """Return which of the four IDX files a folder has: `x_train`, `y_train`, `x_test`, `y_test` -> path.

    The names are MNIST's, `train-images-idx3-ubyte` and so on, also with a dot before `idx`, also with `.gz`.
    """
    found = {}
    for part, (stem, kind) in _STEMS.items():
        names = [f"{stem}{separator}{kind}-ubyte{suffix}" for suffix in ("", ".gz") for separator in "-."]
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is not None:
            found[part] = path
    return found


def load_idx_folder(folder: Path, *, name: str = "") -> Dataset:
    """Load the four IDX files of a folder.

    Raises:
        DatasetError: a file is missing or broken, or the arrays do not fit.
    """
    name, found = name or str(folder), find_idx_files(folder)
    missing = [f"{stem}-{kind}-ubyte" for part, (stem, kind) in _STEMS.items() if part not in found]
    if missing:
        raise DatasetError(
            f"{folder} must have the four IDX files with MNIST's names, gzipped or not. Missing: {', '.join(missing)}."
        )
    return Dataset.from_arrays(*(read_idx(found[part]) for part in _STEMS), name=name, source=str(folder))


def _read_stream(stream: BinaryIO | gzip.GzipFile, path: Path) -> np.ndarray:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES or not 1 <= magic[3] <= 4:
        raise DatasetError(
            f"{path} is not an IDX file. It must begin with the bytes 00 00 08 03 (images) or 00 00 08 01 (labels); "
            f"got {magic.hex(' ') or 'an empty file'}."
        )
    dimensions = magic[3]
    header = stream.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise DatasetError(f"{path} ends within its header, which should give {dimensions} sizes.")
    shape = struct.unpack(f">{dimensions}I", header)
    dtype = np.dtype(_DTYPES[magic[2]])
    expected = math.prod(shape) * dtype.itemsize
    if expected > MAX_BYTES:
        raise DatasetError(
            f"{path} claims {expected / 2**30:.1f} GiB of numbers; at most {MAX_BYTES / 2**30:g} GiB are allowed."
        )
    # One byte more than expected reveals a longer file without unpacking all of it.
    content = read_up_to(stream, expected + 1)
    if len(content) != expected:
        found = "more." if len(content) > expected else f"only {len(content)}. Was it cut off?"
        raise DatasetError(f"{path} must have {expected} bytes after its header (shape {shape}); it has {found}")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))
