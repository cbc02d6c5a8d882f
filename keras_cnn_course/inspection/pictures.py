"""Pictures of a user's own: files, folders, test images and arrays, brought to what a model takes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras_cnn_course.errors import ImageError, UsageError
from keras_cnn_course.files.values import check_path

if TYPE_CHECKING:
    import numpy as np

    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.datasets.fitting import FittedImage
    from keras_cnn_course.datasets.pixels import PixelRange
    from keras_cnn_course.runs.record import RunRecord

__all__ = ["describe_preparations", "is_index", "list_files", "read_arrays", "read_pictures"]

_SHOWN = 5  # warnings


def is_index(word: str) -> bool:
    """Return whether a word names a test image by its index, and not a file."""
    return word.isdecimal() and len(word) < 10 and not Path(word).exists()


def list_files(words: Iterable[str]) -> list[str]:
    """Return the words with each folder replaced by the image files in it and below, in order and without duplicates.

    Raises:
        ImageError: a folder has no images.
    """
    from keras_cnn_course.datasets.images import IMAGE_SUFFIXES

    listed: list[str] = []
    for word in words:
        folder = check_path("An image", word)
        if not folder.is_dir():
            listed.append(word)
            continue
        files = [
            str(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not _is_hidden(path.relative_to(folder))
        ]
        if not files:
            raise ImageError(f"The folder {word} has no images ({', '.join(IMAGE_SUFFIXES)}).")
        listed += files
    return list(dict.fromkeys(listed))


def read_pictures(
    words: Sequence[str | int], record: "RunRecord", load_data: "Callable[[], Dataset]"
) -> "dict[str, FittedImage | ImageError]":
    """Return each picture as the model of a run receives it, or why it cannot be used, by its word.

    Args:
        words: image files, or indices of test images of the run's data set: a number, or text that is no file's name.
        load_data: loads that data set; it is only called if there is an index.

    Raises:
        UsageError: there is no test image of an index.
    """
    from keras_cnn_course.datasets.fitting import FittedImage, fit_image

    height, width, channels = record.input_shape
    pictures: dict[str, FittedImage | ImageError] = {}
    for word in words:
        if isinstance(word, int) or is_index(word):
            data = load_data()
            if not 0 <= int(word) < len(data.x_test):
                raise UsageError(
                    f"There are {len(data.x_test):,} test images, with the indices 0 to {len(data.x_test) - 1}; "
                    f"got {word}."
                )
            label = record.class_names[data.y_test[int(word)]]
            how = f"test image {word} of {record.dataset}, class {label}"
            pictures[str(word)] = FittedImage(data.x_test[int(word)], how)
            continue
        try:
            file, shape, scale = check_path("An image", word), (height, width, channels), record.pixel_range
            pictures[word] = fit_image(file, shape, record.look, pixel_range=scale, white=record.white or None)
        except ImageError as error:
            pictures[word] = error
    return pictures


def read_arrays(images: "np.ndarray", record: "RunRecord") -> "np.ndarray":
    """Return images as a run's model takes them: `(n, height, width, channels)`, from 0 to 255.

    Args:
        images: one image or several, `(height, width)` or `(height, width, channels)` each, on the scale of the
            training data, or from 0 to 255, or from 0 to 1 in floating point.

    Raises:
        ImageError: they have another size than the training images, or no such scale.
    """
    from keras_cnn_course.datasets.pixels import rescale_pixels

    shape = record.input_shape
    if images.shape in (shape, shape[:2]):
        images = images[None]
    if images.shape[1:] == shape[:2] and shape[2] == 1:
        images = images[..., None]
    if images.ndim != 4 or images.shape[1:] != shape or not len(images):
        raise ImageError(
            f"The images must have the shape (n, {', '.join(map(str, shape))}), as the training images have; "
            f"got {images.shape}. Image files of any size are resized: give their paths."
        )
    return rescale_pixels(images, _choose_scale(images, record))


def _choose_scale(images: "np.ndarray", record: "RunRecord") -> "PixelRange":
    """Return the narrowest of the scales that images may have into which all of their values fit."""
    from keras_cnn_course.datasets.pixels import FULL_RANGE, is_within

    own = (record.pixel_range[0], record.pixel_range[1]) if record.pixel_range else FULL_RANGE
    whole = images.dtype.kind in "iu"
    if whole:
        scales = [own] if own[1] > 255 and images.dtype.itemsize > 1 else [own, FULL_RANGE]
    else:
        scales = [(0.0, 1.0)] if images.dtype.kind == "b" else [own, FULL_RANGE, (0.0, 1.0)]
    low, high = float(images.min()), float(images.max())
    fitting = [
        (white - black, (black, white)) for black, white in scales if is_within(low, high, (black, white), whole=whole)
    ]
    if not fitting:
        allowed = dict.fromkeys(f"{black:g} to {white:g}" for black, white in scales)
        raise ImageError(f"The pixels of the images must go from {' or '.join(allowed)}; got {low:g} to {high:g}.")
    return min(fitting)[1]


def describe_preparations(
    record: "RunRecord", path: Path, pictures: "Mapping[str, FittedImage | ImageError]"
) -> list[str]:
    """Return what was done to the pictures, a line for each way, and why an answer may be wrong."""
    fitted = {word: picture for word, picture in pictures.items() if not isinstance(picture, ImageError)}
    by_way: dict[str, list[str]] = {}
    for word, picture in fitted.items():
        by_way.setdefault(picture.how, []).append(word)
    notes = [f"{words[0] if len(words) == 1 else f'{len(words):,} images'}: {how}." for how, words in by_way.items()]
    if not record.appearance and any(not is_index(word) for word in fitted):
        notes.append(
            f"{path} was trained with version 0.1, which did not record what its training images look like. "
            + (
                "They are taken for digits like MNIST's."
                if record.look.placing == "centered"
                else "Pictures are only resized."
            )
        )
    warnings = dict.fromkeys(picture.warning for picture in fitted.values() if picture.warning)
    notes += list(warnings)[:_SHOWN]
    return [*notes, f"There are {len(warnings) - _SHOWN:,} more warnings."] if len(warnings) > _SHOWN else notes


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "@", "__MACOSX")) for part in path.parts)
