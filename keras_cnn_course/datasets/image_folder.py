"""Reading a folder of images with one sub-folder per class; `Dataset.from_folder` makes a data set of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_cnn_course.datasets.folder_listing import FolderListing, find_parts, list_class_folders, list_images
from keras_cnn_course.datasets.images import find_white, read_image, resize_image
from keras_cnn_course.datasets.pixels import FULL_RANGE, MAX_BYTES, PixelRange
from keras_cnn_course.datasets.splits import stratified_split
from keras_cnn_course.errors import DatasetError

__all__ = ["FolderImages", "read_image_folder"]

# Image files whose brightest pixel is below this look black in every viewer: they hold numbers, not shades.
_FEW_LEVELS = 16


@dataclass(frozen=True)
class FolderImages:
    """The images of a folder, with their labels.

    Args:
        train: images, uint8 `(n, height, width, channels)`, and labels `(n,)`.
        test: as `train`.
        class_names: in the order of the labels.
        pixel_range: the values of black and white.
        notes: what was left out or assumed, as sentences.
        unsplit: whether the folder has no parts of its own for training and test.
        white: the level of white in the files of more than 8 bits; 0 where there are none.
        files_train: the file of each training image, as a path below the folder.
        files_test: as `files_train`.
    """

    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    class_names: tuple[str, ...]
    pixel_range: PixelRange
    notes: tuple[str, ...]
    unsplit: bool
    white: float
    files_train: tuple[str, ...]
    files_test: tuple[str, ...]


def read_image_folder(
    folder: Path,
    *,
    image_size: tuple[int, int] | None = None,
    pixel_range: PixelRange | None = None,
    class_names: tuple[str, ...] = (),
    white: float | None = None,
) -> FolderImages:
    """Read the image files of all classes; see `Dataset.from_folder`."""
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}.")
    parts, notes = find_parts(folder), []
    at_least = 1 if class_names else 2
    first = parts.get("train", folder)
    names = tuple(list_class_folders(first, at_least=at_least))
    if sorted(names) == sorted(class_names):
        names = class_names
    labels = {class_name: label for label, class_name in enumerate(names)}
    if parts:
        train = list_images(parts["train"], labels, root=folder, at_least=at_least)
        tested = parts.get("test") or parts["validation"]
        test = list_images(tested, labels, root=folder, at_least=1)
        notes += _describe_parts(folder, parts)
        left = FolderListing(skipped=train.skipped + test.skipped, unused=train.unused + test.unused)
        left.leave_out(folder, _beside(folder, parts))
    else:
        left = list_images(folder, labels, root=folder, at_least=at_least)
        train, test, note = _split(left, may_be_small=bool(class_names), folder=folder)
        notes.append(note)
    _check_present(first, train, names)
    if not test.files:
        raise DatasetError(f"{folder} has no test images.")
    files = (*train.files, *test.files)
    guessed = find_white(files)  # None where all files have 8 bits
    level = guessed and (white or guessed)
    pixels = _read_all(files, image_size, level)
    count = len(train.files)
    names_below = tuple(_name_below(folder, file) for file in files)
    return FolderImages(
        train=(pixels[:count], np.array(train.labels)),
        test=(pixels[count:], np.array(test.labels)),
        class_names=names,
        pixel_range=pixel_range or (FULL_RANGE if white and level else _range_of(pixels, folder)),
        notes=(*notes, *left.describe_skipped()),
        unsplit=not parts and test is not train,
        white=level or 0.0,
        files_train=names_below[:count],
        files_test=names_below[count:],
    )


def _describe_parts(folder: Path, parts: dict[str, Path]) -> list[str]:
    """Return what the user should know about the parts of a folder."""
    if "validation" not in parts:
        return []
    validation = parts["validation"].name
    if "test" not in parts:
        return [f"{folder} has no test folder, so the images in {validation} are the test images."]
    return [
        f"The images in {folder}/{validation} are not used: the validation images are chosen from the training images."
    ]


def _beside(folder: Path, parts: dict[str, Path]) -> list[Path]:
    """Return the entries beside the parts."""
    return sorted(entry for entry in folder.iterdir() if not any(part.is_relative_to(entry) for part in parts.values()))


def _check_present(folder: Path, train: FolderListing, names: Sequence[str]) -> None:
    absent = [class_name for label, class_name in enumerate(names) if label not in set(train.labels)]
    if absent:
        raise DatasetError(
            f"Each class needs at least one image; {folder} has no training image of {', '.join(absent[:5])}. "
            "Add images, or remove the folders of these classes."
        )


def _split(listing: FolderListing, *, may_be_small: bool, folder: Path) -> tuple[FolderListing, FolderListing, str]:
    """Split off a fixed fifth of each class as the test set, and say so."""
    nothing = np.array([], dtype=int)
    indices = stratified_split(np.array(listing.labels)) if listing.files else (nothing, nothing)
    if not len(indices[1]):
        if may_be_small and listing.files:
            return listing, listing, f"{folder} has no train and test folders, so all of its images are tested."
        raise DatasetError(
            f"{folder} has too few images: at least one class needs two, one to train on and one to test with; "
            f"got {len(listing.files)} images in total."
        )
    train, test = (
        FolderListing([listing.files[i] for i in part], [listing.labels[i] for i in part]) for part in indices
    )
    note = (
        f"{folder} has no train and test folders, so a fixed fifth of its images, {len(test.files):,} of "
        f"{len(listing.files):,}, are the test images."
    )
    return train, test, note


def _name_below(folder: Path, file: Path) -> str:
    """Return the path of a file below the folder, to print."""
    name = file.relative_to(folder).as_posix()
    return name if name.isprintable() else repr(name)


def _range_of(pixels: np.ndarray, folder: Path) -> PixelRange:
    """Return the range of the pixels, which in image files is 0 to 255.

    Raises:
        DatasetError: the images are black, or hold a few levels near 0, which may be another scale.
    """
    high = int(pixels.max())
    if high == 0:
        raise DatasetError(
            f"All images in {folder} are black: each of their pixels is 0. Check how they were saved, and save them "
            "with values from 0 to 255."
        )
    if high <= _FEW_LEVELS:
        raise DatasetError(
            f"The scale of the images in {folder} is not clear: their pixels go from {pixels.min()} to {high}, so they "
            f"look black. Say which values are black and white, for example with `pixel_range=(0, {high})`."
        )
    return FULL_RANGE


def _read_all(files: Sequence[Path], image_size: tuple[int, int] | None, white: float | None) -> np.ndarray:
    """Read images into `(n, height, width, channels)`, uint8; of one channel if all are gray."""
    pixels = np.empty((0, 0, 0, 1), np.uint8)
    for number, file in enumerate(files):
        image = read_image(file, white=white)
        if image_size is not None:
            image = resize_image(image, image_size)
        if number == 0:
            if image[..., 0].size * 3 * len(files) > MAX_BYTES:
                raise DatasetError(
                    f"{len(files)} images of {_size(image)} pixels do not fit into {MAX_BYTES / 2**30:g} GiB of "
                    "memory. Make them smaller with `image_size=(height, width)`."
                )
            pixels = np.empty((len(files), *image.shape), np.uint8)
        if image.shape[:2] != pixels.shape[1:3]:
            raise DatasetError(
                f"The images must all have the same size, but {files[0]} has {_size(pixels[0])} and {file} has "
                f"{_size(image)}. Resize them with `image_size=(height, width)`."
            )
        if image.shape[2] > pixels.shape[3]:  # the first color image
            pixels = np.repeat(pixels, image.shape[2], axis=3)
        pixels[number] = image
    return pixels


def _size(image: np.ndarray) -> str:
    """Return `HEIGHTxWIDTH`."""
    return f"{image.shape[0]}x{image.shape[1]}"
