"""The IDX format, in which MNIST was published: a magic number, the dimensions, then the numbers, big-endian."""

import gzip
import math
import re
import string
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.pixels import MAX_BYTES, PixelRange
from keras_cnn_course.errors import DatasetError, reporting_os_errors
from keras_cnn_course.files.arrays import read_up_to

__all__ = ["find_idx_files", "load_idx_folder", "read_idx", "read_idx_labels"]

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_STEMS = {
    "x_train": ("train-images", "idx3"),
    "y_train": ("train-labels", "idx1"),
    "x_test": ("t10k-images", "idx3"),
    "y_test": ("t10k-labels", "idx1"),
}
_PARTS = {"train": "train", "t10k": "test", "test": "test"}
_NAME = re.compile(
    r"(?P<set>.*?)(?P<part>train|t10k|test)-(?P<what>images|labels)[-.](?:idx[13][-.]ubyte|idx2[-.]int)(?:\.gz)?",
    re.IGNORECASE,
)


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
            with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
                return _read_stream(stream, path)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DatasetError(f"{path} is not a complete gzip file: {error}") from error


def read_idx_labels(path: Path) -> np.ndarray:
    """Read the labels of one IDX file, `(n,)`.

    QMNIST's files have `idx2` in their names and eight numbers for each digit: its label, and where it comes from.

    Raises:
        DatasetError: as `read_idx` does.
    """
    labels = read_idx(path)
    return labels[:, 0] if labels.ndim == 2 and "idx2" in path.name.lower() else labels


def find_idx_files(folder: Path) -> dict[str, Path]:
    """Return which of the four IDX files a folder has: `x_train`, `y_train`, `x_test`, `y_test` -> path.

    The names are MNIST's, `train-images-idx3-ubyte` and so on, also with `test` for `t10k`, a dot before `idx`, `.gz`,
    or the name of a set in front, as in `emnist-letters-train-images-idx3-ubyte`; QMNIST's labels end in `idx2-int`.

    Raises:
        DatasetError: the folder holds the files of several sets.
    """
    sets: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):  # without `.gz` comes first, and is taken where both are there
        match = _NAME.fullmatch(path.name)
        if match and path.is_file():
            part = f"{'x' if match['what'].lower() == 'images' else 'y'}_{_PARTS[match['part'].lower()]}"
            sets.setdefault(match["set"].lower(), {}).setdefault(part, path)
    if len(sets) > 1:
        names = ", ".join(prefix.rstrip("-_. ") or "MNIST's own names" for prefix in sets)
        raise DatasetError(
            f"{folder} holds the files of several data sets: {names}. Move each into a folder of its own."
        )
    return next(iter(sets.values()), {})


def load_idx_folder(
    folder: Path, *, name: str = "", pixel_range: PixelRange | None = None, least_classes: int = 2
) -> Dataset:
    """Load the four IDX files of a folder.

    EMNIST stores rows and columns exchanged and counts its letters from 1; both are corrected, and stated.

    Args:
        pixel_range: the values of black and white; recognized when None.
        least_classes: 1 to test a model with the images: some classes may be missing then.

    Raises:
        DatasetError: a file is missing or broken, or the arrays do not fit.
    """
    name, found = name or str(folder), find_idx_files(folder)
    missing = [f"{stem}-{kind}-ubyte" for part, (stem, kind) in _STEMS.items() if part not in found]
    if missing:
        raise DatasetError(
            f"{folder} must have the four IDX files with MNIST's names, gzipped or not. Missing: {', '.join(missing)}."
        )
    arrays = {part: (read_idx if part.startswith("x") else read_idx_labels)(found[part]) for part in _STEMS}
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if found["x_train"].name.lower().startswith("emnist"):
        arrays, class_names, notes = _correct_emnist(arrays)
    return Dataset.from_arrays(
        *arrays.values(),
        name=name,
        class_names=class_names,
        source=str(folder),
        pixel_range=pixel_range,
        notes=notes,
        least_classes=least_classes,
    )


def _correct_emnist(
    arrays: dict[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], tuple[str, ...], tuple[str, ...]]:
    """Return EMNIST's arrays upright and counted from 0, the names of the classes where they are known, and notes."""
    notes = ["EMNIST stores rows and columns of its images exchanged; they were turned upright."]
    upright = {
        part: array.swapaxes(1, 2) if part.startswith("x") and array.ndim == 3 else array
        for part, array in arrays.items()
    }
    labels = upright["y_train"]
    if not labels.size or labels.min() != 1:
        return upright, (), tuple(notes)
    shifted = {part: array - 1 if part.startswith("y") else array for part, array in upright.items()}
    count = int(labels.max())
    notes.append(f"The labels 1 to {count} became 0 to {count - 1}.")
    return shifted, tuple(string.ascii_uppercase) if count == 26 else (), tuple(notes)


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
