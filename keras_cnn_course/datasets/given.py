"""Data sets as a program has them: a name, a path, a `Dataset`, arrays, or a `tf.data.Dataset`."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_cnn_course.datasets.dataset import Dataset, describe_absent
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.datasets.pixels import MAX_BYTES, PixelRange
from keras_cnn_course.datasets.splits import stratified_split
from keras_cnn_course.errors import DatasetError, UsageError

__all__ = ["read_dataset", "read_into_memory", "read_test_data"]


def read_dataset(
    data: Any, *, pixel_range: PixelRange | None = None, class_names: tuple[str, ...] | None = None
) -> Dataset:
    """Return a data set in any of the forms that the functions of this package take.

    Args:
        data: the name or path of a data set; a `Dataset`; a pair of arrays `(images, labels)`, of which a fixed fifth
            of each class become the test images; `((x_train, y_train), (x_test, y_test))`; or a finite
            `tf.data.Dataset` of images with integer labels, batched or not, in place of a pair of arrays. It is read
            into memory once.
        pixel_range: the values of black and white in a file or in arrays; recognized when None.
        class_names: the classes of a model that is to be tested; empty if the labels of arrays are others than the
            model's. Some classes may be missing then. None for data to train on.

    Raises:
        UsageError: `data` is something else, or the name is unknown; or a `Dataset` is to have another range.
        DatasetError: the arrays cannot be used, or the `tf.data.Dataset` does not end.

    >>> images = np.arange(640).reshape(10, 8, 8) % 256
    >>> data = read_dataset((images, np.arange(10) % 2))
    >>> data.x_train.shape, data.x_test.shape
    ((8, 8, 8, 1), (2, 8, 8, 1))
    """
    if isinstance(data, Dataset):
        if pixel_range is not None:
            raise UsageError("A Dataset has its `pixel_range=` already. Give it to Dataset.from_arrays instead.")
        return data
    if isinstance(data, str | os.PathLike):
        return load_dataset(os.fspath(data), pixel_range=pixel_range, class_names=class_names or ())
    if _has_parts(data):
        parts = _read_pair(data[0]), _read_pair(data[1])
        return _from_parts(*parts, pixel_range=pixel_range, class_names=class_names)
    return _split_test(_read_whole(data, pixel_range, class_names))


def read_test_data(
    data: Any, *, pixel_range: PixelRange | None = None, class_names: tuple[str, ...] | None = None
) -> Dataset:
    """Return a data set to test on, as `read_dataset` does, but with all of `(images, labels)` as the test images."""
    if isinstance(data, Dataset | str | os.PathLike) or _has_parts(data):
        return read_dataset(data, pixel_range=pixel_range, class_names=class_names)
    return _read_whole(data, pixel_range, class_names)


def read_into_memory(data: Any) -> Any:
    """Return data with arrays in place of each `tf.data.Dataset`, which may be in another order the next time."""
    if _is_tf_data(data):
        return _read_tf_data(data)
    if _has_parts(data):
        return tuple(_read_pair(part) for part in data)
    return data


def _has_parts(data: Any) -> bool:
    """Return whether data are two pairs, for training and for testing, not one of images and labels."""
    return isinstance(data, tuple | list) and len(data) == 2 and (_is_tf_data(data[0]) or _is_pair(data[0]))


def _is_pair(part: Any) -> bool:
    """Return whether something is images and their labels, as two arrays, and not a list of two images."""
    if not isinstance(part, list):
        return isinstance(part, tuple)
    try:
        return len(part) == 2 and np.ndim(part[0]) > np.ndim(part[1]) >= 1
    except ValueError:  # images of several sizes in a list, which are refused later
        return True


def _read_whole(data: Any, pixel_range: PixelRange | None, class_names: tuple[str, ...] | None) -> Dataset:
    """Return `(images, labels)`, or a `tf.data.Dataset` of them, as the training images and as the test images."""
    if not _is_tf_data(data) and not (isinstance(data, tuple | list) and len(data) == 2):
        raise UsageError(
            "The data must be a name, a path, a Dataset, (images, labels), ((x_train, y_train), (x_test, y_test)) or "
            f"a tf.data.Dataset; got {type(data).__name__}."
        )
    pair = _read_pair(data)
    return _from_parts(pair, pair, pixel_range=pixel_range, class_names=class_names)


def _from_parts(
    train: tuple[ArrayLike, ArrayLike],
    test: tuple[ArrayLike, ArrayLike],
    *,
    pixel_range: PixelRange | None,
    class_names: tuple[str, ...] | None,
) -> Dataset:
    least, names = (2, ()) if class_names is None else (1, class_names)
    return Dataset.from_arrays(*train, *test, pixel_range=pixel_range, class_names=names, least_classes=least)


def _is_tf_data(data: Any) -> bool:
    return hasattr(data, "element_spec") and hasattr(data, "cardinality")


def _read_pair(pair: Any) -> tuple[ArrayLike, ArrayLike]:
    if _is_tf_data(pair):
        return _read_tf_data(pair)
    if isinstance(pair, Sequence) and len(pair) == 2:
        return pair[0], pair[1]
    raise UsageError(f"Training and test data must each be (images, labels); got {type(pair).__name__}.")


def _split_test(whole: Dataset) -> Dataset:
    """Return a data set with a fixed fifth of each class as test images."""
    train, test = stratified_split(whole.y_train)
    images = len(whole.y_train)
    note = f"There are no test images, so a fixed fifth of each class, {len(test):,} of {images:,}, are used."
    return replace(
        whole,
        x_train=whole.x_train[train],
        y_train=whole.y_train[train],
        x_test=whole.x_train[test],
        y_test=whole.y_train[test],
        notes=(note, *describe_absent(whole.name, whole.y_train[test], whole.class_names)),
        unsplit=True,
    )


def _read_tf_data(data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Read a `tf.data.Dataset` of (image, label) or of batches of them."""
    spec = data.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise DatasetError("The tf.data.Dataset must yield pairs of an image and a label.")
    if int(data.cardinality()) == -1:
        raise DatasetError("The tf.data.Dataset has no end, because it repeats. Remove repeat(), or use take(n).")
    batched = spec[1].shape.rank is None or spec[1].shape.rank > 0
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    size = 0
    for image, label in data.as_numpy_iterator():
        images.append(image if batched else image[None])
        labels.append(label if batched else label[None])
        if images[-1].shape[1:] != images[0].shape[1:]:
            raise DatasetError(
                f"The images of the tf.data.Dataset have different shapes, such as {images[0].shape[1:]} and "
                f"{images[-1].shape[1:]}. Give them one size, for instance with keras.layers.Resizing."
            )
        size += image.nbytes
        if size > MAX_BYTES:
            raise DatasetError(f"The tf.data.Dataset does not fit into {MAX_BYTES / 2**30:g} GiB of memory.")
    if not images:
        raise DatasetError("The tf.data.Dataset is empty.")
    return np.concatenate(images), np.concatenate(labels)
