"""The first convolution's kernels before training, to draw them next to the trained ones."""

import numpy as np

from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.arrays import ArrayFileError, read_npz
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.files.foreign import open_regular
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["find_initial_kernel", "read_initial_kernels", "save_initial_kernels"]

_MAX_BYTES = 64 * 2**20
_HINT = "Delete it to continue without the kernels before training."


def save_initial_kernels(run: RunDirectory, first: tuple[str, np.ndarray] | None) -> None:
    """Store the kernel of a model's first convolution in the run folder, if the model has one.

    Args:
        first: name of the layer and its kernel before training, `(height, width, channels, filters)`.

    Raises:
        RunError: the file cannot be written.
    """
    if first is None:
        return
    layer, kernel = first
    file = run.initial_kernels_file
    with run.reporting_errors(file), atomic_file(file) as temporary:
        np.savez(temporary, allow_pickle=False, **{layer: kernel})


def read_initial_kernels(run: RunDirectory) -> dict[str, np.ndarray]:
    """Return the stored kernels by layer, `(height, width, channels, filters)` float32; empty if none are stored.

    Raises:
        RunError: the file cannot be read.
    """
    file = run.initial_kernels_file
    if not file.is_file():
        return {}
    with reporting_os_errors(RunError, "read", file), open_regular(file, limit=_MAX_BYTES) as stream:
        try:
            kernels = read_npz(stream, limit=_MAX_BYTES, stored=True)
        except ArrayFileError as error:
            raise RunError(f"Cannot read {file}: {error}. {_HINT}") from error
    for layer, kernel in kernels.items():
        if kernel.ndim != 4 or kernel.dtype != np.float32 or not np.isfinite(kernel).all():
            raise RunError(
                f"{file} must hold finite float32 kernels of shape (height, width, channels, filters); "
                f"{layer!r:.80} has shape {kernel.shape} and type {kernel.dtype}. {_HINT}"
            )
    return kernels


def find_initial_kernel(run: RunDirectory, layer: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the stored kernel of a layer, or None if none is stored.

    Args:
        layer: name of the layer.
        shape: shape of the trained kernel.

    Raises:
        RunError: the file cannot be read, or holds a kernel of another shape.
    """
    kernel = read_initial_kernels(run).get(layer)
    if kernel is not None and kernel.shape != shape:
        raise RunError(
            f"{run.initial_kernels_file} holds kernels of shape {kernel.shape}, but those of the model have shape "
            f"{shape}. {_HINT}"
        )
    return kernel
