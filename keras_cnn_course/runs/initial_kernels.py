"""The first convolution's kernels before training, so that they can be drawn beside the trained ones."""

import io
import math
import tokenize
import zipfile
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.files.foreign import open_regular
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["find_initial_kernel", "read_initial_kernels", "save_initial_kernels"]

_MAX_BYTES = 64 * 2**20
_DAMAGED = (
    *(OSError, EOFError, ValueError, NotImplementedError, RuntimeError, MemoryError, zipfile.BadZipFile),
    *(tokenize.TokenError, SyntaxError),  # a header of an array is a piece of Python
)


def save_initial_kernels(run: RunDirectory, model: Any) -> None:
    """Store the kernels of a model's first Conv2D layer in the run folder; nothing for a model without one.

    Args:
        run: the run folder.
        model: a built Keras model, not yet trained.

    Raises:
        RunError: the file cannot be written.
    """
    import keras

    first = next((layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)), None)
    if first is None:
        return
    file = run.initial_kernels_file
    with run.reporting_errors(file), atomic_file(file) as temporary:
        np.savez(temporary, allow_pickle=False, **{first.name: np.asarray(first.kernel, dtype=np.float32)})


def read_initial_kernels(run: RunDirectory) -> dict[str, np.ndarray]:
    """Return the stored kernels, `(height, width, channels, filters)` float32, by layer; empty where none are stored.

    Raises:
        RunError: the file cannot be read.
    """
    file = run.initial_kernels_file
    if not file.is_file():
        return {}
    try:
        with open_regular(file, limit=_MAX_BYTES) as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            return {member.filename.removesuffix(".npy"): _read_kernel(archive, member) for member in members}
    except _DAMAGED as error:
        raise RunError(f"Expected {file} to hold kernels. Received: {error}. Remove it to do without.") from error


def find_initial_kernel(run: RunDirectory, layer: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the stored kernel of a layer; None where none is stored.

    Args:
        run: the run folder.
        layer: the layer's name.
        shape: of the trained kernel.

    Raises:
        RunError: the file cannot be read, or holds a kernel of another shape.
    """
    kernel = read_initial_kernels(run).get(layer)
    if kernel is not None and kernel.shape != shape:
        raise RunError(
            f"Expected {run.initial_kernels_file} to hold kernels of shape {shape}, as the model has. "
            f"Received: {kernel.shape}. Remove it to do without."
        )
    return kernel


def _read_kernel(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Return one array, with no more memory than it has bytes in the file, whatever its header claims."""
    if member.compress_type != zipfile.ZIP_STORED or member.file_size > _MAX_BYTES:
        raise ValueError("an array that is packed")
    content = io.BytesIO(archive.read(member))
    if np.lib.format.read_magic(content) != (1, 0):
        raise ValueError("another version of .npy")
    shape, _, dtype = np.lib.format.read_array_header_1_0(content)
    if len(shape) != 4 or dtype != np.float32 or math.prod(shape) * 4 != len(content.getvalue()) - content.tell():
        raise ValueError(f"an array of shape {shape} and type {dtype}")
    content.seek(0)
    kernel = np.lib.format.read_array(content, allow_pickle=False)
    if not np.isfinite(kernel).all():
        raise ValueError("numbers that are not finite")
    return kernel
