"""Data sets in Keras's own layout: one .npz with x_train, y_train, x_test and y_test."""

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from keras_cnn_course.datasets.arrays import MAX_BYTES, RawArrays, build_dataset
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError

__all__ = ["load_npz"]

# What zipfile and NumPy make of damaged files. A table of contents that claims to be huge is a MemoryError.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, MemoryError),
    *(tokenize.TokenError, SyntaxError),  # a header of an array is a piece of Python
)
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_npz(path: Path, *, name: str = "") -> Dataset:
    """Load an .npz with the arrays `x_train`, `y_train`, `x_test` and `y_test`.

    What the file claims to unpack to is read first, so that a small file cannot fill the memory, and pickled
    objects are never loaded.

    Args:
        path: the file.
        name: what the user called it; the path when empty.

    Raises:
        DatasetError: the file is not such an .npz, is damaged or too large, or its arrays do not fit.
    """
    name = name or str(path)
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise DatasetError(f"Expected {path} to be a file. Received: a folder, a pipe or a device.")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, name)
        with np.load(path, allow_pickle=False) as arrays:
            raw = RawArrays(**{part: arrays[part] for part in _ARRAYS})
    except _DAMAGED as error:
        reason = str(error) or type(error).__name__
        raise DatasetError(
            f"Expected {path} to be a readable .npz file, as numpy.savez writes. Received: {reason} Is it damaged?"
        ) from error
    except OSError as error:
        raise DatasetError(f"Expected to read {path}. Received: {error.strerror or error}.") from error
    return build_dataset(name, raw, source=str(path))


def _check_members(archive: zipfile.ZipFile, name: str) -> None:
    """Raise unless the four arrays are there and what they declare fits into memory."""
    present = [member.removesuffix(".npy") for member in archive.namelist()]
    missing = [part for part in _ARRAYS if part not in present]
    if missing:
        raise DatasetError(
            f"Expected the arrays {', '.join(_ARRAYS)} in {name}. "
            f"Received: {', '.join(map(_printable, present[:10])) or 'none'}; missing: {', '.join(missing)}."
        )
    declared = sum(_declared_bytes(archive, f"{part}.npy", name) for part in _ARRAYS)
    if declared > MAX_BYTES:
        raise DatasetError(
            f"Expected {name} to unpack to at most {MAX_BYTES / 2**30:g} GiB. Received: {declared / 2**30:.1f} GiB."
        )


def _printable(name: str) -> str:
    """Return a name from a stranger's file so that a terminal shows it and does not obey it."""
    return name[:60] if name.isprintable() else ascii(name[:60])


def _declared_bytes(archive: zipfile.ZipFile, member: str, name: str) -> int:
    """Return the bytes that an array takes by its own header and by the archive's, whichever claims more."""
    if member not in archive.namelist():
        raise DatasetError(f"Expected {member} in {name}. Received: {member.removesuffix('.npy')} without its suffix.")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise DatasetError(f"Expected {member} in {name} to hold numbers. Received: .npy version {version}.")
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(stream)
    if dtype.hasobject or dtype.names:
        raise DatasetError(
            f"Expected {member} in {name} to hold plain numbers. Received: {dtype}; "
            "images of different sizes cannot be one array, save them as image files in a folder a class."
        )
    count = 1
    for length in shape:
        count *= length
    return max(count * dtype.itemsize, archive.getinfo(member).file_size)
