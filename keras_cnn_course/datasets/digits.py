"""The embedded data set: 1,797 handwritten digits of 8x8 pixels, enlarged to 28x28 in the way MNIST was prepared."""

import importlib.resources

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.registry import DATASETS
from keras_cnn_course.datasets.splits import stratified_split

__all__ = ["enlarge_digits", "load_digits", "read_raw_digits"]

_FULL_INK = 16
_CENTER = 14.0  # the mean center of mass of MNIST's images, in pixels counted from 0
_BOX = 19.0  # interpolation spreads the ink by half a pixel on each side, so that it fills MNIST's box of 20


def load_digits() -> Dataset:
    """Load the embedded digits: 1,437 training and 360 test images of `(28, 28, 1)`, uint8, white on black.

    The split is fixed and stratified (see `stratified_split`). The file does not say who wrote which digit, so the same
    person can be in both parts.

    >>> load_digits().x_train.shape
    (1437, 28, 28, 1)
    """
    info = DATASETS["digits"]
    raw, labels = read_raw_digits()
    images = enlarge_digits(raw)[..., np.newaxis]
    train, test = stratified_split(labels)
    return Dataset(
        name=info.name,
        x_train=images[train],
        y_train=labels[train].astype(np.int32),
        x_test=images[test],
        y_test=labels[test].astype(np.int32),
        class_names=info.class_names,
        source="embedded",
        license=info.license,
        augment="handwriting",  # docs/page.md has the measurements
    )


def read_raw_digits() -> tuple[np.ndarray, np.ndarray]:
    """Read the embedded bytes.

    Returns:
        Images `(1797, 8, 8)`, uint8 from 0 to 16, and labels `(1797,)`, uint8.
    """
    file = importlib.resources.files("keras_cnn_course.data") / "digits.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def enlarge_digits(images: np.ndarray) -> np.ndarray:
    """Enlarge 8x8 digits to 28x28 as MNIST was prepared: in a box of 20x20, with the center of mass in the middle.

    Each image is sampled at the pixels of the result by cubic interpolation along rows and columns, which takes two
    small matrix products per image.

    Args:
        images: `(n, 8, 8)`, from 0 (paper) to 16 (ink), no image empty.

    Returns:
        `(n, 28, 28)`, uint8, 0 for paper and 255 for ink.
    """
    ink = images / _FULL_INK
    height = (ink > 0).any(axis=2).sum(axis=1)
    width = (ink > 0).any(axis=1).sum(axis=1)
    pixels_per_cell = _BOX / np.maximum(height, width)
    rows = _sampling_matrices(_mean_position(ink.sum(axis=2)), pixels_per_cell, ink.shape[1])
    columns = _sampling_matrices(_mean_position(ink.sum(axis=1)), pixels_per_cell, ink.shape[2])
    smooth = rows @ ink @ columns.transpose(0, 2, 1)
    # Interpolated strokes are gray throughout, MNIST's are white with gray edges: stretch the contrast to match.
    return np.round(255 * np.clip((smooth - 0.2) / 0.6, 0, 1)).astype(np.uint8)


def _mean_position(profile: np.ndarray) -> np.ndarray:
    """Return the center of mass of each row of `(n, cells)`, as `(n,)`."""
    return profile @ np.arange(profile.shape[1]) / profile.sum(axis=1)


def _sampling_matrices(center: np.ndarray, pixels_per_cell: np.ndarray, cells: int) -> np.ndarray:
    """Return `(n, 28, cells)`: the weight of each cell in each pixel, with `center` mapped to the middle."""
    position = (np.arange(28) - _CENTER) / pixels_per_cell[:, np.newaxis] + center[:, np.newaxis]
    distance = np.abs(position[:, :, np.newaxis] - np.arange(cells))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))
