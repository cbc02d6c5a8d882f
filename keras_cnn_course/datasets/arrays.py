"""From arrays as they are found in files to a `Dataset` as it is promised: pixel scale, label type, shapes checked."""

from dataclasses import dataclass

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError

__all__ = ["MAX_BYTES", "RawArrays", "build_dataset"]

# A file that claims to unpack to more than this is refused before it is read.
MAX_BYTES = 4 * 2**30


@dataclass(frozen=True)
class RawArrays:
    """Four arrays as a file holds them, not yet checked.

    Args:
        x_train: `(n, height, width)` or `(n, height, width, channels)`, of a whole or fractional type.
        y_train: `(n,)` or `(n, 1)`, whole numbers from 0, every class present.
        x_test: as `x_train`.
        y_test: as `y_train`, with no class that `y_train` lacks.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def build_dataset(
    name: str,
    arrays: RawArrays,
    *,
    class_names: tuple[str, ...] = (),
    source: str = "",
    licence: str = "unknown",
) -> Dataset:
    """Check four arrays and bring them to the scale and types of `Dataset`.

    Pixels: whole numbers from 0 to 255 become uint8; fractions from 0 to 1 are multiplied by 255, fractions up to
    255 are kept, both as float32. Training and test images are judged together, so that they end on one scale.

    Args:
        name: what `--dataset` was given.
        arrays: the four arrays.
        class_names: one name a class; the numbers themselves when empty.
        source: where the bytes came from.
        licence: the licence of the data.

    Raises:
        DatasetError: the arrays do not fit that, or each other.

    >>> images, labels = np.zeros((4, 8, 8)), np.array([0, 1, 0, 1])
    >>> dataset = build_dataset("zeros", RawArrays(images, labels, images, labels))
    >>> dataset.input_shape, dataset.num_classes, str(dataset.x_train.dtype)
    ((8, 8, 1), 2, 'float32')
    """
    x_train = _with_channels(name, "x_train", arrays.x_train)
    x_test = _with_channels(name, "x_test", arrays.x_test)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DatasetError(
            f"Expected training and test images of one shape in {name}. "
            f"Received: {x_train.shape[1:]} and {x_test.shape[1:]}."
        )
    y_train = _checked_labels(name, "y_train", arrays.y_train, len(x_train))
    y_test = _checked_labels(name, "y_test", arrays.y_test, len(x_test))
    num_classes = _count_classes(name, y_train, y_test, class_names)
    x_train, x_test = _rescaled(name, x_train, x_test)
    return Dataset(
        name=name,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=class_names or tuple(str(label) for label in range(num_classes)),
        source=source,
        licence=licence,
    )


def _with_channels(name: str, part: str, images: np.ndarray) -> np.ndarray:
    """Return images as `(n, height, width, channels)`."""
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or 0 in images.shape:
        raise DatasetError(
            f"Expected {part} of {name} to be images of shape (n, height, width) or (n, height, width, channels), "
            f"none of them 0. Received: {images.shape}."
        )
    if images.shape[3] > 4 and images.shape[1] in (1, 3, 4):
        raise DatasetError(
            f"Expected {part} of {name} with the channels last, (n, height, width, channels). "
            f"Received: {images.shape}; if the channels are second, use numpy.moveaxis({part}, 1, -1)."
        )
    return images


def _checked_labels(name: str, part: str, labels: np.ndarray, examples: int) -> np.ndarray:
    """Return labels as `(n,)`, int32."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DatasetError(
            f"Expected {part} of {name} to be one number an image, of shape (n,) or (n, 1). Received: {labels.shape}; "
            f"one-hot labels become numbers with {part}.argmax(axis=1)."
        )
    if labels.dtype.kind not in "iu":  # NumPy counts time spans among the integers, too
        raise DatasetError(
            f"Expected {part} of {name} to be whole numbers (an integer type). Received: {labels.dtype}."
        )
    if len(labels) != examples:
        raise DatasetError(
            f"Expected a label for each image of {name}. Received: {examples} images and {len(labels)} labels ({part})."
        )
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= 2**31:
        raise DatasetError(f"Expected {part} of {name} to count from 0. Received: labels from {low} to {high}.")
    return labels.astype(np.int32)


def _count_classes(name: str, y_train: np.ndarray, y_test: np.ndarray, class_names: tuple[str, ...]) -> int:
    """Return the number of classes K, with the labels 0 to K-1 all in the training set."""
    found = np.unique(y_train)
    num_classes = len(class_names) or len(found)
    if num_classes < 2:
        raise DatasetError(f"Expected at least two classes in {name}. Received: only the label {found[0]}.")
    if not np.array_equal(found, np.arange(num_classes)):
        raise DatasetError(
            f"Expected training labels 0 to {num_classes - 1} in {name}, each at least once. Received: "
            f"{len(found)} different labels from {found[0]} to {found[-1]}; number the classes from 0 without gaps."
        )
    if y_test.max() >= num_classes:
        raise DatasetError(
            f"Expected the test labels of {name} to be among the training labels, 0 to {num_classes - 1}. "
            f"Received: {y_test.max()}."
        )
    return num_classes


def _rescaled(name: str, x_train: np.ndarray, x_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both sets as uint8, or as float32, on the scale 0 to 255."""
    if x_train.dtype == np.uint8 and x_test.dtype == np.uint8:
        return x_train, x_test
    whole = [images.dtype.kind in "iu" for images in (x_train, x_test)]
    if not all(whole) and not all(images.dtype.kind == "f" for images in (x_train, x_test)):
        raise DatasetError(
            f"Expected the pixels of {name} as numbers, both sets of a whole or both of a fractional type. "
            f"Received: {x_train.dtype} and {x_test.dtype}."
        )
    low = min(x_train.min(), x_test.min())
    high = max(x_train.max(), x_test.max())
    # NaN fails every comparison, so the question is whether the range is right, not whether it is wrong.
    if not (low >= 0 and high <= 255):
        raise DatasetError(
            f"Expected the pixels of {name} from 0 to 255, or from 0 to 1. Received: from {low:g} to {high:g}; "
            "undo any normalisation before saving."
        )
    if all(whole):
        return x_train.astype(np.uint8), x_test.astype(np.uint8)
    scale = np.float32(255 if high <= 1 else 1)
    return x_train.astype(np.float32) * scale, x_test.astype(np.float32) * scale
