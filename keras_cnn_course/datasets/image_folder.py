"""A data set from a folder of images with one sub-folder per class."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_cnn_course.datasets.dataset import MAX_BYTES, Dataset
from keras_cnn_course.datasets.images import IMAGE_SUFFIXES, read_image, resize_image
from keras_cnn_course.datasets.splits import stratified_split
from keras_cnn_course.errors import DatasetError

__all__ = ["load_image_folder"]

# Files of file managers. Names that begin with a dot are skipped as well.
_IGNORED = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class _Listing:
    """Image files and the label of each."""

    files: tuple[Path, ...]
    labels: tuple[int, ...]


def load_image_folder(folder: Path, *, image_size: tuple[int, int] | None = None, name: str = "") -> Dataset:
    """Load PNG, JPEG and BMP files from `folder/<class>/`, or `folder/train/<class>/` and `folder/test/<class>/`.

    The classes are the sub-folders in alphabetical order. Without `train` and `test`, a fixed fifth of each class
    becomes the test set. The images have one channel if every file is gray, and three otherwise.

    Args:
        image_size: `(height, width)` to resize every image to; when None, they must all have the same size.
        name: the name to show; the path when empty.

    Raises:
        DatasetError: there are no classes, a file is not an image, or the sizes differ.
        ImageError: a file cannot be read as an image.
    """
    split = (folder / "train").is_dir() and (folder / "test").is_dir()
    class_names = _class_names(folder / "train" if split else folder)
    if split:
        unknown = [entry for entry in _class_names(folder / "test") if entry not in class_names]
        if unknown:
            raise DatasetError(
                f"{folder / 'test'} has classes that {folder / 'train'} lacks: {', '.join(unknown[:5])}."
            )
        train, test = (_list_files(folder / part, class_names) for part in ("train", "test"))
    else:
        train, test = _split(_list_files(folder, class_names))
    pixels = _read_all((*train.files, *test.files), image_size)
    return Dataset.from_arrays(
        pixels[: len(train.files)],
        np.array(train.labels),
        pixels[len(train.files) :],
        np.array(test.labels),
        name=name or str(folder),
        class_names=class_names,
        source=str(folder),
    )


def _class_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the sub-folders of `folder`, sorted; at least two."""
    names = tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")))
    if len(names) < 2:
        raise DatasetError(
            f"{folder} must have one sub-folder of images per class, for at least two classes; "
            f"got {', '.join(names) or 'no sub-folder'}."
        )
    unprintable = [name for name in names if not name.isprintable()]
    if unprintable:
        raise DatasetError(
            f"A class name must not have control characters; got {unprintable[0]!r} in {folder}. Rename that folder."
        )
    return names


def _list_files(folder: Path, class_names: Sequence[str]) -> _Listing:
    """Return the image files of each class, in alphabetical order."""
    files: list[Path] = []
    labels: list[int] = []
    for label, class_name in enumerate(class_names):
        if not (folder / class_name).is_dir():
            continue
        for file in sorted((folder / class_name).iterdir()):
            if file.name.startswith(".") or file.name.lower() in _IGNORED:
                continue
            if not file.is_file() or file.suffix.lower() not in IMAGE_SUFFIXES:
                raise DatasetError(
                    f"{file} is not an image ({', '.join(IMAGE_SUFFIXES)}). "
                    "Move it out of the class folder or convert it."
                )
            files.append(file)
            labels.append(label)
    absent = [class_names[label] for label in range(len(class_names)) if label not in set(labels)]
    if not files or (absent and folder.name != "test"):
        raise DatasetError(f"Each class needs at least one image; {folder} has none of {', '.join(absent[:5])}.")
    return _Listing(tuple(files), tuple(labels))


def _split(listing: _Listing) -> tuple[_Listing, _Listing]:
    """Split off a fixed fifth of each class as the test set."""
    indices = stratified_split(np.array(listing.labels))
    if not len(indices[1]):
        raise DatasetError(
            f"{listing.files[0].parent.parent} has too few images: at least one class needs two, "
            f"one to train on and one to test with; got {len(listing.files)} images in total."
        )
    train, test = (
        _Listing(tuple(listing.files[i] for i in part), tuple(listing.labels[i] for i in part)) for part in indices
    )
    return train, test


def _read_all(files: Sequence[Path], image_size: tuple[int, int] | None) -> np.ndarray:
    """Read images into `(n, height, width, channels)`, uint8."""
    images: list[np.ndarray] = []
    for file in files:
        image = read_image(file)
        if image_size is not None:
            image = resize_image(image, image_size)
        elif images and image.shape[:2] != images[0].shape[:2]:
            raise DatasetError(
                f"The images must all have the same size, but {files[0]} has {_size(images[0])} and {file} has "
                f"{_size(image)}. Resize them with --image-size HEIGHTxWIDTH."
            )
        images.append(image)
        if image[..., 0].size * 3 * len(files) > MAX_BYTES:
            raise DatasetError(
                f"{len(files)} images of {_size(image)} pixels do not fit into {MAX_BYTES / 2**30:g} GiB of memory. "
                "Make them smaller with --image-size HEIGHTxWIDTH."
            )
    channels = max(image.shape[2] for image in images)
    return np.stack([np.broadcast_to(image, (*image.shape[:2], channels)) for image in images])


def _size(image: np.ndarray) -> str:
    """Return `HEIGHTxWIDTH`."""
    return f"{image.shape[0]}x{image.shape[1]}"
