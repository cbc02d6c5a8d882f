"""Pictures of a user's own, as commands name them: files, folders and test images, brought to what a model takes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras_cnn_course.errors import ImageError, UsageError

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.fitting import FittedImage

__all__ = ["describe_preparations", "is_index", "list_files", "read_pictures"]


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
        if not Path(word).is_dir():
            listed.append(word)
            continue
        files = [
            str(path)
            for path in sorted(Path(word).rglob("*"))
            if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not _is_hidden(path.relative_to(word))
        ]
        if not files:
            raise ImageError(f"The folder {word} has no images ({', '.join(IMAGE_SUFFIXES)}).")
        listed += files
    return list(dict.fromkeys(listed))


def read_pictures(words: Sequence[str], run: "Run") -> "dict[str, FittedImage | ImageError]":
    """Return each picture as the model of a run receives it, or why it cannot be used.

    Args:
        words: image files, or indices of test images of the run's data set.

    Raises:
        UsageError: there is no test image of an index.
    """
    from keras_cnn_course.datasets.fitting import FittedImage, fit_image

    record = run.record
    height, width, channels = record.input_shape
    pictures: dict[str, FittedImage | ImageError] = {}
    for word in words:
        if is_index(word):
            images = run.dataset.x_test
            if int(word) >= len(images):
                raise UsageError(
                    f"There are {len(images):,} test images, with the indices 0 to {len(images) - 1}; got {word}."
                )
            label = record.class_names[run.dataset.y_test[int(word)]]
            pictures[word] = FittedImage(images[int(word)], f"test image {word} of {record.dataset}, class {label}")
            continue
        try:
            pictures[word] = fit_image(
                Path(word), (height, width, channels), record.look, pixel_range=record.pixel_range
            )
        except ImageError as error:
            pictures[word] = error
    return pictures


def describe_preparations(run: "Run", pictures: "Mapping[str, FittedImage | ImageError]") -> list[str]:
    """Return what was done to the pictures, a line for each way, and why an answer may be wrong."""
    fitted = {word: picture for word, picture in pictures.items() if not isinstance(picture, ImageError)}
    by_way: dict[str, list[str]] = {}
    for word, picture in fitted.items():
        by_way.setdefault(picture.how, []).append(word)
    notes = [f"{words[0] if len(words) == 1 else f'{len(words):,} images'}: {how}." for how, words in by_way.items()]
    if not run.record.appearance and any(not is_index(word) for word in fitted):
        notes.append(
            f"{run.path} was trained with version 0.1, which did not record what its training images look like. "
            + (
                "They are taken for digits like MNIST's."
                if run.record.look.placing == "centered"
                else "Pictures are only resized."
            )
        )
    warnings = dict.fromkeys(picture.warning for picture in fitted.values() if picture.warning)
    return notes + list(warnings)[:5]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "@", "__MACOSX")) for part in path.parts)
