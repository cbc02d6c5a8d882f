"""CIFAR-10 as its authors publish it: pickled batches in a .tar.gz, read without unpacking it to the disk.

A pickle is a program. The archive is read only after its SHA-256 was checked, and the reader here can build NumPy
arrays and nothing else.
"""

import io
import pickle
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.errors import DatasetError

__all__ = ["read_cifar10"]

_FOLDER = "cifar-10-batches-py"
_TRAIN_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
_MAX_BATCH_BYTES = 64 * 2**20


class _ArrayUnpickler(pickle.Unpickler):
    """An unpickler that can build NumPy arrays only."""

    # NumPy moved `_reconstruct`; an array itself names its current place.
    _reconstruct = np.zeros(0).__reduce__()[0]
    _permitted = {  # noqa: RUF012
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    }

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Return one of the few permitted names, or refuse."""
        try:
            return self._permitted[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}") from None


def read_cifar10(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read `cifar-10-python.tar.gz`. The caller has checked its SHA-256.

    Returns:
        `x_train`, `y_train`, `x_test` and `y_test`: images `(n, 32, 32, 3)`, uint8, and labels `(n,)`, int64.

    Raises:
        DatasetError: it is not the archive that the authors publish.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            batches = _read_batches(archive)
    except (tarfile.TarError, zlib.error, EOFError, OSError, pickle.UnpicklingError, ValueError) as error:
        raise DatasetError(f"{path} is not cifar-10-python.tar.gz as its authors publish it: {error}.") from error
    train = [batches[name] for name in _TRAIN_BATCHES]
    x_train = np.concatenate([images for images, _ in train])
    y_train = np.concatenate([labels for _, labels in train])
    return x_train, y_train, *batches["test_batch"]


def _read_batches(archive: tarfile.TarFile) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read the six batches in the order of the archive, because going back in a .gz means unpacking it again."""
    wanted = {f"{_FOLDER}/{name}": name for name in (*_TRAIN_BATCHES, "test_batch")}
    batches = {wanted[member.name]: _read_batch(archive, member) for member in archive if member.name in wanted}
    missing = sorted(set(wanted.values()) - set(batches))
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}")
    return batches


def _read_batch(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[np.ndarray, np.ndarray]:
    """Return images `(n, 32, 32, 3)` and labels `(n,)` of one pickled batch."""
    stream = archive.extractfile(member)
    if stream is None or member.size > _MAX_BATCH_BYTES:
        raise ValueError(f"{member.name} is not a file of at most {_MAX_BATCH_BYTES // 2**20} MiB")
    batch = _ArrayUnpickler(io.BytesIO(stream.read()), encoding="bytes").load()
    if not isinstance(batch, dict) or b"data" not in batch or b"labels" not in batch:
        raise ValueError(f"{member.name} does not hold data and labels")
    planes = np.asarray(batch[b"data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), np.asarray(batch[b"labels"], dtype=np.int64)
