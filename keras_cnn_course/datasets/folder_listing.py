"""What a folder of images holds: its parts, its classes, the image files of each class, and what is left out.

People's folders hold more than images: notes, caches of file managers, parts with names of their own. Everything is
either used or named.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from keras_cnn_course.datasets.images import IMAGE_SUFFIXES
from keras_cnn_course.errors import DatasetError

__all__ = ["FolderListing", "find_parts", "list_class_folders", "list_images", "sort_class_names"]

_PART_NAMES = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
# Other names of a part, used where no folder has one of the names above: train_images, testset, test1, seg_train.
_LOOSE_NAME = re.compile(r"(?:seg_)?([a-z]+?)(?:[_-]?(?:set|images|data))?[_-]?\d*")
_LOOSE_TEST_NAMES = ("eval", "evaluation")
# What macOS, Windows and Synology leave in a folder. Names that begin with a dot are left out as well.
_LEFT_BY_SYSTEMS = ("__macosx", "@eadir", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini")
_SHOWN = 5


@dataclass
class FolderListing:
    """Image files with the label of each, and the entries that are left out.

    Args:
        files: in the order of the labels, and by name within a class.
        labels: positions in the list of the classes.
        skipped: entries without images, as paths below the data set's folder.
        unused: entries with images that are in none of the folders that are read, as paths.
    """

    files: list[Path] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def leave_out(self, root: Path, entries: Iterable[Path]) -> None:
        """Note entries of a data set's folder that are not read."""
        for entry in entries:
            (self.unused if _has_images(entry) else self.skipped).append(_below(root, entry))

    def describe_skipped(self) -> tuple[str, ...]:
        """Return a sentence that counts and names what is left out, if anything is, and one on what has images."""
        kinds = (
            (self.unused, "with images, outside of the folders that are read"),
            (self.skipped, f"without images ({', '.join(IMAGE_SUFFIXES)})"),
        )
        return tuple(f"Left out {_count_entries(paths)} {kind}: {_name_some(paths)}." for paths, kind in kinds if paths)


def find_parts(folder: Path) -> dict[str, Path]:
    """Return the folders of the parts `train`, `validation` and `test` in any common spelling; empty without a split.

    Raises:
        DatasetError: two folders have the name of one part.
    """
    folders = _folders(folder)
    found = {
        part: [entry for entry in folders if entry.name.lower() in names]
        or [entry for entry in folders if _part_of(entry.name) == part]
        for part, names in _PART_NAMES.items()
    }
    parts = {part: _innermost(entries[0]) for part, entries in found.items() if entries}
    # A folder of pictures of trains and buses has a class called train.
    if "train" not in parts or len(parts) == 1:
        return {}
    for part, entries in found.items():
        if len(entries) > 1:
            raise DatasetError(
                f"{folder} has two folders of {part} images, {entries[0].name} and {entries[1].name}. Keep one."
            )
    return parts


def list_class_folders(folder: Path, *, at_least: int = 2) -> dict[str, Path]:
    """Return the sub-folders of a folder by class name, in the order of the classes.

    Raises:
        DatasetError: there are fewer than `at_least`, all are named like parts of a data set, a name has control
            characters, or two names look alike.
    """
    folders: dict[str, Path] = {}
    for entry in _folders(folder):
        name = unicodedata.normalize("NFC", entry.name)
        if not name.isprintable():
            raise DatasetError(
                f"A class name must not have control characters; got {name!r} in {folder}. Rename that folder."
            )
        if name in folders:
            raise DatasetError(
                f"{folder} has two folders called {name}, with the accents stored in two ways. Put all images of the "
                "class into one of them and delete the other."
            )
        folders[name] = entry
    if len(folders) < at_least:
        classes = "two classes" if at_least == 2 else "one class"
        raise DatasetError(
            f"{folder} must have one sub-folder of images per class, for at least {classes}; "
            f"got {', '.join(folders) or 'no sub-folder'}.{_suggest(folder, folders)}"
        )
    if at_least == 2 and all(_part_of(name) for name in folders):
        raise DatasetError(
            f"{folder} has no classes, because its folders are named like parts of a data set: {', '.join(folders)}. "
            "The training images must be in train, in one folder per class, such as train/cat."
        )
    return {name: folders[name] for name in sort_class_names(folders)}


def sort_class_names(names: Iterator[str] | dict[str, Path]) -> list[str]:
    """Return class names in order: numbers by their value, then words by the alphabet.

    >>> sort_class_names(iter(["10", "2", "other", "1"]))
    ['1', '2', '10', 'other']
    """
    return sorted(names, key=lambda name: (0, int(name), name) if name.isdecimal() else (1, 0, name))


def list_images(folder: Path, classes: dict[str, int], *, root: Path, at_least: int = 2) -> FolderListing:
    """Return the image files of the classes in a folder, and name every other entry.

    Args:
        classes: the label of each class that may be there.
        root: the folder of the data set, for the names of what is left out.
        at_least: as in `list_class_folders`.

    Raises:
        DatasetError: a class is unknown, or a class folder holds folders.
    """
    listing, found = FolderListing(), list_class_folders(folder, at_least=at_least)
    unknown = [name for name in found if name not in classes]
    if unknown:
        raise DatasetError(f"{folder} has classes that the training images lack: {', '.join(unknown[:_SHOWN])}.")
    listing.leave_out(root, (entry for entry in _sorted(folder) if entry not in found.values()))
    for label, name in sorted((classes[name], name) for name in found):
        for entry in _sorted(found[name]):
            if _is_left_by_system(entry) or (entry.is_file() and entry.suffix.lower() not in IMAGE_SUFFIXES):
                listing.skipped.append(_below(root, entry))
            elif not entry.is_file():
                raise DatasetError(
                    f"{_below(root, entry)!r} in {root} is not an image file but a folder, a pipe or a broken link. "
                    "A class folder must hold its images directly."
                )
            else:
                listing.files.append(entry)
                listing.labels.append(label)
    return listing


def _part_of(name: str) -> str | None:
    """Return the part of which a folder has one of the common names, also with an addition; None for other names."""
    match = _LOOSE_NAME.fullmatch(name.lower())
    word = match[1] if match else ""
    if word in _LOOSE_TEST_NAMES:
        return "test"
    return next((part for part, names in _PART_NAMES.items() if word in names), None)


def _innermost(folder: Path) -> Path:
    """Return the folder in a folder that holds nothing but a folder of its own name, as archives are unpacked."""
    while [inner.name for inner in _folders(folder)] == [folder.name]:
        folder = folder / folder.name
    return folder


def _suggest(folder: Path, found: dict[str, Path]) -> str:
    """Return a sentence on what to do with a folder that holds one folder, or images alone."""
    for inner in found.values():
        names = [entry.name for entry in _folders(inner)]
        return f" Did you mean {inner}, which has the folders {_name_some(names)}?" if names else ""
    has_images = any(entry.suffix.lower() in IMAGE_SUFFIXES for entry in folder.iterdir())
    return f" Move its images into one folder per class, such as {folder / 'cat'}." if has_images else ""


def _has_images(entry: Path) -> bool:
    """Return whether an entry is an image file or a folder with one somewhere in it."""
    if _is_left_by_system(entry):
        return False
    files = entry.rglob("*") if entry.is_dir() else [entry]
    return any(file.suffix.lower() in IMAGE_SUFFIXES for file in files)


def _count_entries(paths: list[str]) -> str:
    return "1 entry" if len(paths) == 1 else f"{len(paths):,} entries"


def _name_some(paths: list[str]) -> str:
    """Return the first of some paths, to print, and the number of the others."""
    names = ", ".join(name if name.isprintable() else repr(name) for name in paths[:_SHOWN])
    return names + (f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else "")


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in _sorted(folder) if entry.is_dir() and not _is_left_by_system(entry)]


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def _is_left_by_system(entry: Path) -> bool:
    return entry.name.startswith(".") or entry.name.lower() in _LEFT_BY_SYSTEMS


def _below(root: Path, entry: Path) -> str:
    return entry.relative_to(root).as_posix()
