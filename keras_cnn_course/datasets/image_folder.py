"""A folder of pictures with one sub-folder a class -> a data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_cnn_course.datasets.arrays import MAX_BYTES, RawArrays, build_dataset
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.images import IMAGE_SUFFIXES, read_image, resize_image
from keras_cnn_course.datasets.splits import stratified_split
from keras_cnn_course.errors import DatasetError

__all__ = ["load_image_folder"]

# What file managers leave behind; names that begin with a dot are skipped as well.
_IGNORED = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class _Listing:
    """Image files and the number of the class of each."""

    files: tuple[Path, ...]
    labels: tuple[int, ...]


def load_image_folder(folder: Path, *, image_size: tuple[int, int] | None = None, name: str = "") -> Dataset:
    """Load PNG, JPEG and BMP files from `folder/<class>/`, or `folder/train/<class>/` and `folder/test/<class>/`.

    The classes are the sub-folders in alphabetical order. Without `train` and `test` a fixed fifth of each class
    becomes the test set. The images have one channel if every file is grey, and three otherwise.

    Args:
        folder: the folder.
        image_size: `(height, width)` to bring every image to; they must all have one size when None.
        name: what the user called it; the path when empty.

    Raises:
        DatasetError: there are no classes, a file is no image, or the sizes differ.
        ImageError: a file cannot be read as an image.
    """
    split = (folder / "train").is_dir() and (folder / "test").is_dir()
    class_names = _class_names(folder / "train" if split else folder)
    if split:
        unknown = [entry for entry in _class_names(folder / "test") if entry not in class_names]
        if unknown:
            raise DatasetError(
                f"Expected the classes of {folder / 'test'} to be among those of {folder / 'train'}. "
                f"Received: {', '.join(unknown[:5])}."
            )
        train, test = (_list_files(folder / part, class_names) for part in ("train", "test"))
    else:
        train, test = _split(_list_files(folder, class_names))
    pixels = _read_all((*train.files, *test.files), image_size)
    arrays = RawArrays(
        x_train=pixels[: len(train.files)],
        y_train=np.array(train.labels),
        x_test=pixels[len(train.files) :],
        y_test=np.array(test.labels),
    )
    return build_dataset(name or str(folder), arrays, class_names=class_names, source=str(folder))


def _class_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the sub-folders of `folder`, sorted; at least two."""
    names = tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")))
    if len(names) < 2:
        raise DatasetError(
            f"Expected a sub-folder of images for each of at least two classes in {folder}. "
            f"Received: {', '.join(names) or 'no sub-folder'}."
        )
    unprintable = [name for name in names if not name.isprintable()]
    if unprintable:
        raise DatasetError(
            f"Expected names without control characters for the classes in {folder}. Received: {unprintable[0]!r}. "
            "Rename that folder."
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
                    f"Expected only images ({', '.join(IMAGE_SUFFIXES)}) in a class folder. "
                    f"Received: {file}. Move it elsewhere, or convert it."
                )
            files.append(file)
            labels.append(label)
    absent = [class_names[label] for label in range(len(class_names)) if label not in set(labels)]
    if not files or (absent and folder.name != "test"):
        raise DatasetError(
            f"Expected at least one image of each class in {folder}. Received: none of {', '.join(absent[:5])}."
        )
    return _Listing(tuple(files), tuple(labels))


def _split(listing: _Listing) -> tuple[_Listing, _Listing]:
    """Set a fixed fifth of each class aside for the test."""
    indices = stratified_split(np.array(listing.labels))
    if not len(indices[1]):
        raise DatasetError(
            f"Expected at least two images of some class in {listing.files[0].parent.parent}, one to train on and one "
            f"to test with. Received: {len(listing.files)} images in all."
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
                f"Expected images of one size, as {files[0]} of {_size(images[0])}. "
                f"Received: {file} of {_size(image)}. "
                "Bring them all to one size with --image-size HEIGHTxWIDTH."
            )
        images.append(image)
        if image[..., 0].size * 3 * len(files) > MAX_BYTES:
            raise DatasetError(
                f"Expected images that fit into {MAX_BYTES / 2**30:g} GiB together. Received: {len(files)} images of "
                f"{_size(image)}. Make them smaller with --image-size HEIGHTxWIDTH."
            )
    channels = max(image.shape[2] for image in images)
    return np.stack([np.broadcast_to(image, (*image.shape[:2], channels)) for image in images])


def _size(image: np.ndarray) -> str:
    """Return `HEIGHTxWIDTH`."""
    return f"{image.shape[0]}x{image.shape[1]}"
