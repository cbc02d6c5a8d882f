"""Exporting the model of a run, and verifying that the export computes the same."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.errors import CourseError, ExportError
from keras_cnn_course.export.artifacts import Artifact, read_artifact, write_artifact
from keras_cnn_course.export.formats import ExportFormat
from keras_cnn_course.files.atomic import atomic_file, atomic_folder
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["TOLERANCE", "VERIFIED_IMAGES", "Export", "export_model", "load_verification_images"]

TOLERANCE = 1e-4
VERIFIED_IMAGES = 100


@dataclass(frozen=True)
class Export:
    """An export that was written and verified.

    Args:
        path: the file or folder.
        format: name of the format.
        bytes: size on disk.
        inputs: name, type and shape of the input as read back.
        outputs: name, type and shape of the output.
        images: number of images that it was verified on.
        largest_difference: largest absolute difference between the probabilities of the model and the export.
    """

    path: Path
    format: str
    bytes: int
    inputs: str
    outputs: str
    images: int
    largest_difference: float


def load_verification_images(run: RunDirectory, *, count: int = VERIFIED_IMAGES) -> np.ndarray:
    """Return the first test images of the run's data set, `(count, height, width, channels)`, float32 from 0 to 1.

    Raises:
        DatasetError: the data set is not there.
        ExportError: its images no longer have the shape that the model was trained on.
    """
    from keras_cnn_course.datasets.loading import load_dataset

    record = run.read_record()
    dataset = load_dataset(record.dataset, image_size=(record.input_shape[0], record.input_shape[1]))
    if dataset.input_shape != record.input_shape:
        raise ExportError(
            f"The images of {record.dataset} have the shape {dataset.input_shape}, but {run.path} was trained on "
            f"{record.input_shape}. Restore the data set that the run was trained on."
        )
    return dataset.x_test[:count].astype(np.float32) / np.float32(255)


def export_model(model: Any, *, chosen: ExportFormat, path: Path, images: np.ndarray) -> Export:
    """Write the model at `path`, read it back, compare it on the images, and move it into place only if it agrees.

    Args:
        model: a Keras model.
        chosen: the format.
        path: the file or folder to write, which must not exist.
        images: `(n, height, width, channels)`, float32 from 0 to 1.

    Raises:
        ExportError: the model cannot be written in that format, or the export differs by more than `TOLERANCE`.
    """
    with _removing_new_parents(path), _reporting_failure(chosen, path):
        with _temporary(chosen, path) as temporary:
            write_artifact(chosen, model=model, path=temporary)
            artifact = read_artifact(chosen, path=temporary)
            difference = _largest_difference(model, artifact, images)
            size = _size_on_disk(temporary)
        return Export(path, chosen.name, size, artifact.inputs, artifact.outputs, len(images), difference)


def _largest_difference(model: Any, artifact: Artifact, images: np.ndarray) -> float:
    """Return the largest absolute difference between the model's and the export's outputs.

    Raises:
        ExportError: it is above `TOLERANCE`, or not a number.
    """
    import tensorflow as tf

    # On a GPU TensorFlow rounds the factors of a convolution to 11 bits, which no other reader of the export does.
    rounding = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        expected, received = np.asarray(model(images, training=False)), artifact.predict(images)
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(rounding)
    if expected.shape != received.shape:
        raise ExportError(
            f"The export returns the shape {received.shape} instead of {expected.shape}. Nothing was written."
        )
    difference = float(np.abs(expected - received).max())
    if not difference <= TOLERANCE:
        raise ExportError(
            f"The export differs from its model by up to {difference:.1e} on {len(images)} images; at most "
            f"{TOLERANCE:g} is allowed. Nothing was written."
        )
    return difference


def _temporary(chosen: ExportFormat, path: Path) -> AbstractContextManager[Path]:
    """Return the context in which the export is written: it appears at `path` when the context ends well."""
    return atomic_file(path) if chosen.suffix else atomic_folder(path)


def _size_on_disk(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())


@contextmanager
def _removing_new_parents(path: Path) -> Iterator[None]:
    """Remove the folders that were made for `path` when the body fails."""
    made = [parent for parent in path.parents if not parent.exists()]
    try:
        yield
    except CourseError:
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        raise


@contextmanager
def _reporting_failure(chosen: ExportFormat, path: Path) -> Iterator[None]:
    """Turn what a converter, a reader or the disk raises into an ExportError; the cause is kept."""
    try:
        yield
    except CourseError:
        raise
    except Exception as error:  # converters and readers pass on whatever their C++ sides throw
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ExportError(
            f"Cannot export to {path} as {chosen.name} and read it back: {type(error).__name__}: {reason}"
        ) from error
