"""The page stores weights in half precision, two bytes each: packing them, and what the rounding costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import ExportError
from keras_cnn_course.page.steps import Step
from keras_cnn_course.results.prediction import predict_probabilities

__all__ = ["Rounding", "measure_rounding", "pack_weights", "round_model"]

_HALF = np.dtype("<f2")
_LARGEST = float(np.finfo(_HALF).max)


@dataclass(frozen=True)
class Rounding:
    """A model's answers on test images before and after its weights were rounded.

    Args:
        examples: number of test images.
        correct_before: number of correct answers with the trained weights.
        correct_after: the same with rounded weights.
        changed: number of images whose answer changed.
        probabilities: of the rounded model, float32 `(examples, classes)`.
    """

    examples: int
    correct_before: int
    correct_after: int
    changed: int
    probabilities: np.ndarray


def pack_weights(steps: Sequence[Step]) -> bytes:
    """Return the weights of all steps, one after the other, in half precision with the low byte first.

    Raises:
        ExportError: a weight is too large for half precision, or not finite.
    """
    return b"".join(_round(array, layer=step.name).tobytes() for step in steps for array in step.weights.values())


def round_model(model: Any) -> None:
    """Round all weights of a Keras model to half precision, as the page stores them.

    Raises:
        ExportError: as `pack_weights`.
    """
    for layer in model.layers:
        layer.set_weights([_round(array, layer=layer.name).astype(np.float32) for array in layer.get_weights()])


def measure_rounding(model: Any, images: np.ndarray, labels: np.ndarray) -> Rounding:
    """Compare the answers of a model before and after `round_model`; the model is left with rounded weights.

    Args:
        model: a built Keras model.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`.
        labels: integers `(n,)`.

    Raises:
        ExportError: as `pack_weights`.
    """
    before = predict_probabilities(model, images).argmax(axis=1)
    round_model(model)
    probabilities = predict_probabilities(model, images)
    after = probabilities.argmax(axis=1)
    return Rounding(
        examples=len(images),
        correct_before=int((before == labels).sum()),
        correct_after=int((after == labels).sum()),
        changed=int((before != after).sum()),
        probabilities=probabilities,
    )


def _round(array: np.ndarray, *, layer: str) -> np.ndarray:
    largest = float(np.abs(array).max(initial=0.0))
    if not largest <= _LARGEST:
        raise ExportError(
            f"Layer {layer!r} has a weight of {largest:g}, but the live page stores weights up to {_LARGEST:,.0f}. "
            "Training has probably diverged: train again with a lower `learning_rate=`."
        )
    return array.astype(_HALF)
