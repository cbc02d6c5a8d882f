"""The images, labels and weights of a call of `kcnn.fit`, read and split as Keras's `Model.fit` does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_cnn_course.errors import UsageError

__all__ = ["Examples", "read_examples", "read_validation", "split_last", "weigh_classes"]


@dataclass(frozen=True)
class Examples:
    """Images with their labels, as a model receives them.

    Args:
        images: `(n, ...)`; floating point as Keras's floatx.
        labels: `(n,)` or `(n, classes)`.
        weights: float32 `(n,)`: factor of each image's loss; 1 when None.
    """

    images: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name, values in (("y", self.labels), ("sample_weight", self.weights)):
            if values is not None and (not values.ndim or len(values) != len(self.images)):
                raise UsageError(
                    f"{name} must have one entry per image, {len(self.images):,}; got the shape {values.shape}."
                )
        if not len(self.images):
            raise UsageError("There are no images to use: x is empty.")

    def __len__(self) -> int:
        return len(self.images)

    def part(self, start: int, stop: int) -> "Examples":
        """Return the examples from `start` up to `stop`."""
        weights = None if self.weights is None else self.weights[start:stop]
        return Examples(self.images[start:stop], self.labels[start:stop], weights)

    @property
    def arrays(self) -> list[np.ndarray]:
        """The arrays that are there: images, labels and perhaps weights."""
        return [self.images, self.labels] if self.weights is None else [self.images, self.labels, self.weights]


def read_examples(x: Any, y: Any, sample_weight: Any, *, name: str) -> Examples:
    """Return images, labels and weights as arrays of the types in which Keras passes them on."""
    if y is None or isinstance(x, dict | list | tuple) or not hasattr(x, "__array__"):
        what = "y is missing" if hasattr(x, "__array__") and y is None else f"{name} is {type(x).__name__}"
        raise UsageError(f"kcnn.fit needs one array of images and one of labels; {what}. Use model.fit for other data.")
    weights = None if sample_weight is None else np.asarray(sample_weight, keras.config.floatx())
    if weights is not None and weights.ndim != 1:
        raise UsageError(f"sample_weight must have one number per image, in the shape (n,); got {weights.shape}.")
    return Examples(_as_keras(x), _as_keras(y), weights)


def _as_keras(values: Any) -> np.ndarray:
    """Return an array; floating point numbers in Keras's type, everything else as it is."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"The arrays must hold numbers; got {array.dtype}.")
    return array.astype(keras.config.floatx(), copy=False) if array.dtype.kind == "f" else array


def read_validation(validation_data: Sequence[Any]) -> Examples:
    """Return `(x_val, y_val)` or `(x_val, y_val, sample_weight)` as examples."""
    if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
        raise UsageError(
            "validation_data must be (x_val, y_val) or (x_val, y_val, sample_weight); "
            f"got {type(validation_data).__name__}. Use model.fit for other data."
        )
    x, y, *weights = validation_data
    return read_examples(x, y, weights[0] if weights else None, name="validation_data")


def split_last(examples: Examples, share: float) -> tuple[Examples, Examples]:
    """Return the first examples and the last ones, as Keras splits them before any shuffling."""
    split = int(np.floor(len(examples) * (1.0 - share)))
    if not 0 < split < len(examples):
        raise UsageError(
            f"validation_split={share} of {len(examples):,} images leaves none to train on or none to validate with."
        )
    return examples.part(0, split), examples.part(split, len(examples))


def weigh_classes(examples: Examples, class_weight: Mapping[int, float]) -> Examples:
    """Return the examples with the weights of their classes; a class that is not named has weight 1."""
    if examples.weights is not None:
        raise UsageError("class_weight and sample_weight cannot be used together. Multiply them into sample_weight.")
    labels = examples.labels
    if labels.ndim > 1:
        labels = labels[..., 0] if labels.shape[-1] == 1 else labels.argmax(axis=-1)
    weights = np.ones(len(labels), keras.config.floatx())
    for label, weight in class_weight.items():
        weights[np.round(labels).astype("int32") == label] = weight
    return Examples(examples.images, examples.labels, weights)
