"""The first convolution's kernels before training, so that they can be drawn beside the trained ones."""

import zipfile
from typing import Any

import numpy as np

from keras_cnn_course.atomic import atomic_file
from keras_cnn_course.errors import RunError
from keras_cnn_course.runs import RunDirectory

__all__ = ["read_initial_kernels", "save_initial_kernels"]


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
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise RunError(f"Expected {file} to hold kernels. Received: {error}. Remove it to do without.") from error
