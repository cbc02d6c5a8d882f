"""Exporting the model of a run, and verifying that the export computes the same."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices.backend import without_notices
from keras_cnn_course.errors import CourseError, ExportError, describe_failure
from keras_cnn_course.export.artifacts import Artifact, read_artifact, write_artifact
from keras_cnn_course.export.formats import ExportFormat
from keras_cnn_course.export.int8 import Int8Scale
from keras_cnn_course.export.microcontroller import read_needs
from keras_cnn_course.export.quantization import Quantization, QuantizationImages, measure_quantization, scale_pixels
from keras_cnn_course.files.atomic import atomic_file, atomic_folder
from keras_cnn_course.files.command_line import join_words
from keras_cnn_course.models.graph import list_layers
from keras_cnn_course.models.inference import build_inference_model, with_probabilities
from keras_cnn_course.runs.directory import RunDirectory

__all__ = [
    "TOLERANCE",
    "VERIFIED_IMAGES",
    "Example",
    "Export",
    "VerificationImages",
    "check_ended",
    "export_int8",
    "export_model",
    "load_verification_images",
]

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)
_NOTICES = ("fully_quantize: ", "XNNPACK delegate")

TOLERANCE = 1e-4
VERIFIED_IMAGES = 100


@dataclass(frozen=True)
class Example:
    """An input and what the export computes from it, both as the export takes and returns them.

    Args:
        image: `(1, height, width, channels)`, float32 or int8.
        output: `(1, classes)`, float32 or int8.
    """

    image: np.ndarray
    output: np.ndarray


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
        verified_on: what these images are, such as `test images`.
        beside: the files that describe the export, next to it.
        input_scale: the meaning of an int8 input; None for float32.
        output_scale: the meaning of an int8 output; None for float32.
        quantization: what int8 changed; None for float32.
        example: the first of the images, and the export's answer.
    """

    path: Path
    format: str
    bytes: int
    inputs: str
    outputs: str
    images: int
    largest_difference: float
    verified_on: str = ""
    beside: tuple[Path, ...] = ()
    input_scale: Int8Scale | None = None
    output_scale: Int8Scale | None = None
    quantization: Quantization | None = None
    example: Example | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class VerificationImages:
    """Images to compare a model and its export on.

    Args:
        pixels: `(n, height, width, channels)`, float32 from 0 to 1.
        source: what they are, such as `test images`.
    """

    pixels: np.ndarray
    source: str


def load_verification_images(
    run: RunDirectory, *, data: Dataset | None = None, count: int = VERIFIED_IMAGES
) -> VerificationImages:
    """Return the first test images of the run's data set, or random images if it is not available.

    Nothing is downloaded for it.

    Args:
        data: the data set, where it is at hand; searched for when None.
    """
    from keras_cnn_course.results.run_data import load_own_data

    record = run.read_record()
    try:
        dataset = data or load_own_data(record, run=run.path)
    except CourseError as error:
        reason = str(error).partition(". ")[0]
    else:
        if dataset.input_shape == record.input_shape and len(dataset.x_test):
            return VerificationImages(scale_pixels(dataset.x_test[:count]), "test images")
        reason = f"{record.dataset} now has images of another shape, {dataset.input_shape}"
    noise = np.random.default_rng(0).random((count, *record.input_shape), dtype=np.float32)
    return VerificationImages(noise, f"random images, because {reason}")


def check_ended(run: RunDirectory) -> None:
    """Check that a run has the models that it writes at its end.

    Raises:
        ExportError: it has not ended.
    """
    if run.read_record().status == "running" and not run.model_file("best").exists():
        raise ExportError(
            f"{run.path} has no model yet: the run is still training, or its process was killed. Wait until it has "
            f"ended, or continue it with: kcnn train --resume {join_words([run.path])}"
        )


def export_model(
    model: Any, *, chosen: ExportFormat, path: Path, images: np.ndarray, metadata: Mapping[str, str] | None = None
) -> Export:
    """Write the model at `path`, read it back, compare it on the images, and move it into place only if it agrees.

    Args:
        model: a Keras model.
        chosen: the format.
        path: the file or folder to write, which must not exist.
        images: `(n, height, width, channels)`, float32 from 0 to 1.
        metadata: text by name for formats that store it.

    Raises:
        ExportError: the model cannot be written in that format, or the export differs by more than `TOLERANCE`.
    """
    with _removing_new_parents(path), _reporting_failure(chosen, path, model), _quietly(chosen):
        with _temporary(chosen, path) as temporary:
            write_artifact(chosen, model=build_inference_model(model), path=temporary, metadata=metadata)
            artifact = read_artifact(chosen, path=temporary)
            difference = _largest_difference(model, artifact, images)
            size = _size_on_disk(temporary)
            example = _make_example(artifact, images[:1])
        facts = path, chosen.name, size, artifact.inputs, artifact.outputs, len(images), difference
        return Export(*facts, example=example)


def export_int8(
    model: Any,
    *,
    chosen: ExportFormat,
    path: Path,
    images: QuantizationImages,
    metadata: Mapping[str, str] | None = None,
) -> Export:
    """Write the model in int8, read it back, and keep it only if it is about as accurate on all test images.

    Args:
        model: a Keras model.
        chosen: one of the formats in `QUANTIZED`.
        path: the file to write, which must not exist.
        metadata: text by name for formats that store it.

    Raises:
        ExportError: the model cannot be written in int8, or loses too much accuracy (see `measure_quantization`).
    """
    with _removing_new_parents(path), _reporting_failure(chosen, path, model, quantize="int8"), _quietly(chosen):
        with _temporary(chosen, path) as temporary:
            inference = build_inference_model(model)
            calibration = images.calibration
            write_artifact(chosen, model=inference, path=temporary, metadata=metadata, calibration=calibration)
            artifact = read_artifact(chosen, path=temporary)
            needs = read_needs(temporary) if chosen.name == "litert" else None
            compared, difference = measure_quantization(model, artifact, images, microcontroller=needs)
            size = _size_on_disk(temporary)
            example = _make_example(artifact, scale_pixels(images.pixels[:1]))
        return Export(
            *(path, chosen.name, size, artifact.inputs, artifact.outputs, len(images.pixels), difference),
            verified_on="test images",
            input_scale=artifact.input_scale,
            output_scale=artifact.output_scale,
            quantization=compared,
            example=example,
        )


def _make_example(artifact: Artifact, images: np.ndarray) -> Example:
    inputs = artifact.encode(images)
    return Example(inputs, np.asarray(artifact.run(inputs)))


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
        expected = np.asarray(with_probabilities(model)(images, training=False))
        received = artifact.predict(images)
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


def _quietly(chosen: ExportFormat) -> AbstractContextManager[None]:
    """Return the context without the lines that LiteRT's converter and interpreter print about themselves."""
    return without_notices(_NOTICES) if chosen.name == "litert" else nullcontext()


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
def _reporting_failure(chosen: ExportFormat, path: Path, model: Any, *, quantize: str | None = None) -> Iterator[None]:
    """Turn what a converter, a reader or the disk raises into an ExportError; the cause is kept."""
    try:
        yield
    except CourseError:
        raise
    except Exception as error:  # converters and readers pass on whatever their C++ sides throw
        disk = next((text for text in map(os.strerror, _DISK_ERRORS) if text in str(error)), None)
        if disk is not None:  # TensorFlow and HDF5 wrap it into text of their own
            raise ExportError(
                f"Cannot write {path}: {disk}. Nothing was kept. Free some space or choose another place with `out=`."
            ) from error
        kind = f"{chosen.name} in {quantize}" if quantize else chosen.name
        reason = describe_failure(error)
        if chosen.name == "keras" and (own := _name_own_layers(model)):
            reason = f"without their code, Keras cannot load layers that are not its own: {own}"
        problem = f"Cannot export to {path} as {kind} and read it back: {reason}"
        if chosen.name == "savedmodel":
            raise ExportError(problem) from error
        stop, without = "" if problem.endswith(".") else ".", " without `quantize=`" if quantize else ""
        raise ExportError(
            f"{problem}{stop} Try `format='savedmodel'`{without}, which can hold any layer and any operation of "
            "TensorFlow."
        ) from error


def _name_own_layers(model: Any) -> str:
    """Return the layers of a model that are not Keras's own, with their classes."""
    own = [layer for layer in list_layers(model) if not type(layer).__module__.startswith("keras.")]
    return ", ".join(f"{layer.name!r} ({type(layer).__name__})" for layer in own)
