"""What int8 changes: the accuracy on all test images before and after, and whether a microcontroller can run it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import ExportError
from keras_cnn_course.export.artifacts import Artifact
from keras_cnn_course.export.microcontroller import MicrocontrollerNeeds
from keras_cnn_course.results.prediction import predict_probabilities

__all__ = [
    "CHANCE",
    "LARGEST_LOSS",
    "Quantization",
    "QuantizationImages",
    "choose_quantization_images",
    "measure_quantization",
]

LARGEST_LOSS = 0.05
"""The accuracy that an int8 export may lose, from 0 to 1: above it, something else than rounding is wrong."""
CHANCE = 2
"""The number of test images that an int8 export may get wrong in addition: of few images, one is a large share."""

_CALIBRATION_IMAGES = 256
_BATCH = 500


@dataclass(frozen=True)
class QuantizationImages:
    """The images of an int8 export.

    Args:
        calibration: training images, `(n, height, width, channels)`, float32 from 0 to 1.
        pixels: all test images, on the scale 0 to 255.
        labels: of the test images, integers `(n,)`.
    """

    calibration: np.ndarray
    pixels: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Quantization:
    """How an int8 export compares with its model on all test images.

    Args:
        calibration_images: number of training images that the scales were measured on.
        accuracy_before: of the model.
        accuracy_after: of the export.
        same_answers: share of the test images for which both name the same class.
        microcontroller: what the export needs on a microcontroller; None for ONNX.
    """

    calibration_images: int
    accuracy_before: float
    accuracy_after: float
    same_answers: float
    microcontroller: MicrocontrollerNeeds | None = None


def choose_quantization_images(data: Dataset, *, seed: int) -> QuantizationImages:
    """Return up to 256 random training images for the calibration, and all test images."""
    chosen = np.random.default_rng(seed).permutation(len(data.x_train))[:_CALIBRATION_IMAGES]
    return QuantizationImages(scale_pixels(data.x_train[chosen]), data.x_test, data.y_test)


def scale_pixels(pixels: np.ndarray) -> np.ndarray:
    """Return images on the scale 0 to 255 as an export receives them, float32 from 0 to 1."""
    return pixels.astype(np.float32) / np.float32(255)


def measure_quantization(
    model: Any, artifact: Artifact, images: QuantizationImages, *, microcontroller: MicrocontrollerNeeds | None
) -> tuple[Quantization, float]:
    """Compare an int8 export with its model, and return also the largest difference of a probability.

    Raises:
        ExportError: the accuracy falls by more than `LARGEST_LOSS`, and by more than `CHANCE` images.
    """
    expected = predict_probabilities(model, images.pixels)
    parts = range(0, len(images.pixels), _BATCH)
    received = np.concatenate([artifact.predict(scale_pixels(images.pixels[at : at + _BATCH])) for at in parts])
    correct = [int((one.argmax(axis=1) == images.labels).sum()) for one in (expected, received)]
    before, after = (count / len(images.labels) for count in correct)
    lost = correct[0] - correct[1]
    if lost > CHANCE and lost / len(images.labels) > LARGEST_LOSS:
        raise ExportError(
            f"The int8 export classifies {after:.2%} of the test images correctly, and its model {before:.2%}. The "
            f"accuracy may fall by at most {100 * LARGEST_LOSS:g} percentage points or {CHANCE} images, so nothing was "
            "written. Export without `quantize=`."
        )
    same = float((expected.argmax(axis=1) == received.argmax(axis=1)).mean())
    compared = Quantization(len(images.calibration), before, after, same, microcontroller)
    return compared, float(np.abs(expected - received).max())
