"""The one value that every loader returns, and how it is made from arrays: pixel scale, label type, shapes checked."""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from keras_cnn_course.datasets.pixels import FULL_RANGE, PixelRange, choose_pixel_range, rescale_pixels
from keras_cnn_course.errors import DatasetError, UsageError
from keras_cnn_course.files.values import check_path, check_value, list_of, whole_number

__all__ = ["Dataset", "check_dataset_name", "check_image_size", "describe_absent"]

_MAX_SIDE = 4096
_IMAGE_SIZE = list_of(
    whole_number(1, _MAX_SIDE), low=2, high=2, description=f"height and width, two whole numbers from 1 to {_MAX_SIDE}"
)


@dataclass(frozen=True)
class Dataset:
    """Images and labels of a classification task, split into training and test.

    Args:
        name: the name or path to show, as `--dataset` takes it.
        x_train: `(n, height, width, channels)`, uint8 from 0 to 255, or float32 on the same scale.
        y_train: `(n,)`, int32, from 0 to `num_classes - 1`.
        x_test: as `x_train`.
        y_test: as `y_train`.
        class_names: one name per class, in the order of the labels.
        source: the file, folder or archive that the data came from.
        license: the license of the data, or "unknown".
        pixel_range: the values of black and white in the source, which are 0 and 255 here.
        notes: what was left out or converted while the data were read, as sentences to show.
        path: absolute path of the file or folder that was loaded; empty for a data set known by name and for arrays.
        unsplit: whether the source has no test images of its own, so that a part of it was split off.
        augment: the augmentation that a recipe with `augment="auto"` trains with.
        white: the level of white in image files of more than 8 bits; 0 where there are none.
        files_train: the file of each training image in a folder of images, as a path below it; empty for other data.
        files_test: as `files_train`.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...] = field(default=())
    source: str = ""
    license: str = "unknown"
    pixel_range: PixelRange = FULL_RANGE
    notes: tuple[str, ...] = ()
    path: str = ""
    unsplit: bool = False
    augment: str = "none"
    white: float = 0.0
    files_train: tuple[str, ...] = ()
    files_test: tuple[str, ...] = ()

    @classmethod
    def from_arrays(
        cls,
        x_train: ArrayLike,
        y_train: ArrayLike,
        x_test: ArrayLike,
        y_test: ArrayLike,
        *,
        name: str = "arrays",
        class_names: Iterable[str | int] = (),
        source: str = "",
        license: str = "unknown",  # noqa: A002  the name of the field
        pixel_range: PixelRange | None = None,
        notes: tuple[str, ...] = (),
        least_classes: int = 2,
    ) -> Self:
        """Check four arrays and bring them to the scale and types of a data set.

        The pixels are brought to the scale 0 to 255: integers of up to 8 bits as uint8, others as float32. Their scale
        is recognized where the largest value makes it clear, such as 1, 16 or 255 (see `choose_pixel_range`).

        Args:
            x_train: `(n, height, width)` or `(n, height, width, channels)`, integers or floating point. Anything that
                NumPy makes an array of will do, such as a list or a tensor.
            y_train: `(n,)` or `(n, 1)`, integers from 0, with every class present, in the order of the images: a
                pandas Series is read by position, not by its index.
            x_test: as `x_train`.
            y_test: as `y_train`, without classes that `y_train` lacks.
            name: the name to show.
            class_names: one name per class, all different, as text or as whole numbers; the labels when empty.
            source: where the arrays came from.
            pixel_range: the values of black and white; recognized from the pixels when None.
            notes: what to say about the data.
            least_classes: fewest classes that are enough; one to test a model with, whose classes are `class_names` or
                the numbers up to the largest label: `y_train` may lack some of them then.

        Raises:
            UsageError: the name is not one line of text.
            DatasetError: the arrays do not fit this description or each other, two classes have one name, or the scale
                of the pixels is not clear.

        >>> images, labels = np.ones((4, 8, 8)), np.array([0, 1, 0, 1])
        >>> dataset = Dataset.from_arrays(images, labels, images, labels)
        >>> dataset.input_shape, dataset.num_classes, str(dataset.x_train.dtype)
        ((8, 8, 1), 2, 'float32')
        """
        check_dataset_name(name)
        names = _checked_class_names(name, class_names)
        x_train = _with_channels(name, "x_train", x_train)
        x_test = _with_channels(name, "x_test", x_test)
        if x_train.shape[1:] != x_test.shape[1:]:
            raise DatasetError(
                f"The training and test images of {name} must have the same shape; "
                f"got {x_train.shape[1:]} and {x_test.shape[1:]}."
            )
        y_train = _checked_labels(name, "y_train", y_train, len(x_train))
        y_test = _checked_labels(name, "y_test", y_test, len(x_test))
        num_classes = _count_classes(name, y_train, y_test, names, least=least_classes)
        scale = choose_pixel_range(name, {"training": x_train, "test": x_test}, pixel_range)
        x_train, x_test = rescale_pixels(x_train, scale), rescale_pixels(x_test, scale)
        names = names or tuple(str(label) for label in range(num_classes))
        if least_classes > 1:
            notes = (*notes, *describe_absent(name, y_test, names))
        return cls(name, x_train, y_train, x_test, y_test, names, source, license, scale, notes)

    @classmethod
    def from_folder(
        cls,
        path: str | os.PathLike[str],
        *,
        image_size: tuple[int, int] | None = None,
        pixel_range: PixelRange | None = None,
        name: str = "",
        class_names: tuple[str, ...] = (),
        white: float | None = None,
    ) -> Self:
        """Load the image files in `path/<class>/`, or in `path/train/<class>/` and `path/test/<class>/`.

        The classes are the sub-folders: numbers by their value, then words by the alphabet. Without a test folder, the
        images in `val` are the test images; without any split, a fixed fifth of each class. The images have one channel
        if every file is gray, and three otherwise.

        Args:
            image_size: `(height, width)` to resize every image to; when None, they must all have the same size.
            pixel_range: the values of black and white in the files; 0 and 255 when None.
            name: the name to show; the path when empty.
            class_names: the classes of a model that is to be tested. Some may be missing then, and if all are there,
                they keep this order.
            white: the level of white in files of more than 8 bits; found from their largest level when None.

        Raises:
            UsageError: the image size is impossible.
            DatasetError: there is no such folder, there are no classes, a class has no image, or the sizes differ.
            ImageError: a file cannot be read as an image.

        >>> from PIL import Image
        >>> for file in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        ...     (tmp / "pets" / file).parent.mkdir(parents=True, exist_ok=True)
        ...     Image.new("L", (9, 7), 255).save(tmp / "pets" / file)
        >>> dataset = Dataset.from_folder(tmp / "pets", image_size=(8, 8))
        >>> dataset.class_names, dataset.x_train.shape, dataset.x_test.shape
        (('cat', 'dog'), (3, 8, 8, 1), (1, 8, 8, 1))
        """
        from keras_cnn_course.datasets.image_folder import read_image_folder

        check_dataset_name(name or os.fspath(path))
        check_image_size(image_size)
        folder = check_path("The folder", path)
        images = read_image_folder(
            folder, image_size=image_size, pixel_range=pixel_range, class_names=class_names, white=white
        )
        dataset = cls.from_arrays(
            *images.train,
            *images.test,
            name=name or str(folder),
            class_names=images.class_names,
            source=str(folder),
            pixel_range=images.pixel_range,
            notes=images.notes,
            least_classes=1 if class_names else 2,
        )
        return replace(
            dataset,
            path=str(folder.resolve()),
            unsplit=images.unsplit,
            white=images.white,
            files_train=images.files_train,
            files_test=images.files_test,
        )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one image, `(height, width, channels)`."""
        height, width, channels = self.x_train.shape[1:]
        return int(height), int(width), int(channels)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the array contents: dtype, shape and bytes of the four arrays in order."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def check_dataset_name(name: str) -> None:
    """Refuse a name that cannot be printed, or stored in run.json."""
    if not isinstance(name, str) or not name.isprintable():
        raise UsageError(f"The name or path of a data set must not have control characters; got {name!r}.")


def describe_absent(name: str, labels: np.ndarray, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a sentence that names the classes without test images, if there are any.

    >>> describe_absent("pets", np.array([1, 1]), ("bird", "cat", "dog"))
    ('pets has no test images of bird, dog.',)
    """
    absent = [class_names[label] for label in sorted(set(range(len(class_names))) - set(labels.tolist()))]
    if not absent:
        return ()
    shown = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
    return (f"{name} has no test images of {shown}.",)


def check_image_size(image_size: tuple[int, int] | None) -> None:
    """Refuse an image size, `(height, width)`, that no image of a data set can have."""
    if image_size is not None:
        check_value("`image_size=`", image_size, _IMAGE_SIZE, kind=UsageError)


def _as_array(name: str, part: str, values: ArrayLike) -> np.ndarray:
    """Return values as a plain array, in which an index is a position."""
    try:
        return np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise DatasetError(f"{part} of {name} is not an array of numbers: {error}") from error


def _with_channels(name: str, part: str, values: ArrayLike) -> np.ndarray:
    """Return images as `(n, height, width, channels)`."""
    images = _as_array(name, part, values)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or 0 in images.shape:
        raise DatasetError(
            f"{part} of {name} must have the shape (n, height, width) or (n, height, width, channels), "
            f"with no size 0; got {images.shape}."
        )
    if images.shape[3] > 4 and images.shape[1] in (1, 3, 4):
        raise DatasetError(
            f"{part} of {name} must have the channels last, (n, height, width, channels); got {images.shape}. "
            f"If the channels come second, use numpy.moveaxis({part}, 1, -1)."
        )
    return images


def _checked_labels(name: str, part: str, values: ArrayLike, examples: int) -> np.ndarray:
    """Return labels as `(n,)`, int32."""
    labels = _as_array(name, part, values)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DatasetError(
            f"{part} of {name} must have one label per image, in the shape (n,) or (n, 1); got {labels.shape}. "
            f"Turn one-hot labels into numbers with {part}.argmax(axis=1)."
        )
    if labels.dtype.kind not in "iu":  # NumPy counts time spans among the integers, too
        raise DatasetError(f"{part} of {name} must have an integer type; got {labels.dtype}.")
    if len(labels) != examples:
        raise DatasetError(
            f"{name} must have one label per image; got {examples} images and {len(labels)} labels in {part}."
        )
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= 2**31:
        raise DatasetError(f"The labels in {part} of {name} must count from 0; they go from {low} to {high}.")
    return labels.astype(np.int32)


def _checked_class_names(name: str, class_names: Iterable[str | int]) -> tuple[str, ...]:
    """Return class names as text, in their order."""
    if isinstance(class_names, str | Mapping | Set) or not isinstance(class_names, Iterable):
        raise DatasetError(
            f"The class names of {name} must be a list, in the order of the labels; got {type(class_names).__name__}."
        )
    names = tuple(str(value) if isinstance(value, int | np.integer) else value for value in class_names)
    for value in names:
        if not isinstance(value, str) or not value or not value.isprintable():
            raise DatasetError(
                f"The class names of {name} must be words or whole numbers, without control characters; got {value!r}."
            )
    counts = Counter(unicodedata.normalize("NFC", value) for value in names)
    if twice := [value for value, count in counts.items() if count > 1]:
        raise DatasetError(f"The class names of {name} must all be different; got {twice[0]!r} more than once.")
    return tuple(map(str, names))  # a NumPy string as a plain one


def _count_classes(
    name: str, y_train: np.ndarray, y_test: np.ndarray, class_names: tuple[str, ...], *, least: int
) -> int:
    """Return the number of classes K, with the labels 0 to K-1 all in the training set, except to test a model with."""
    found = np.unique(y_train)
    if least == 1:
        high = max(int(found[-1]), int(y_test.max()))
        if not class_names:
            return high + 1
        if high >= len(class_names):
            raise DatasetError(
                f"The labels of {name} must be the model's, 0 to {len(class_names) - 1} for the classes "
                f"{', '.join(class_names[:20])}; got {high}."
            )
        return len(class_names)
    num_classes = len(class_names) or len(found)
    if num_classes < least:
        raise DatasetError(f"{name} must have at least two classes; its only label is {found[0]}.")
    if not np.array_equal(found, np.arange(num_classes)):
        raise DatasetError(
            f"The training labels of {name} must be 0 to {num_classes - 1}, each at least once; got {len(found)} "
            f"different labels from {found[0]} to {found[-1]}. Number the classes from 0 without gaps."
        )
    if y_test.max() >= num_classes:
        raise DatasetError(
            f"The test labels of {name} must be among the training labels, 0 to {num_classes - 1}; got {y_test.max()}."
        )
    return num_classes
