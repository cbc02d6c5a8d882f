"""An archive of a whole class, as course systems export it: its hand-ins are put into a folder and graded there."""

import errno
import io
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from keras_cnn_course.errors import HomeworkError, reporting_os_errors
from keras_cnn_course.homework.grading.file_names import list_people, recognize
from keras_cnn_course.homework.grading.members import (
    ARCHIVE_SUFFIXES,
    Member,
    TooMuchError,
    list_archive,
    list_members,
)
from keras_cnn_course.homework.grading.platforms import GRADESCOPE_LIST, LARGEST_LIST, find_owner
from keras_cnn_course.homework.sandbox.bounded_toml import read_toml
from keras_cnn_course.homework.sandbox.messages import printable
from keras_cnn_course.homework.student.work_files import IDENTITY_FILE, decode_text, largest_size

__all__ = ["Places", "unpacking_classes"]

_LARGEST_HAND_IN = 1 << 24
_MOST_FILES = 20_000
_LONGEST_NAME = 50  # in characters, each of which may be four bytes
_LONGEST_SHOWN = 100
_ERRORS_OF_NAMES = {errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ENOENT}
_TWICE = (
    "is in the archive more than once, with different contents. "
    "Neither was graded, because the names do not say which one counts. Keep one of them."
)
_HINT = "Or unpack the class yourself and grade the folder: a hand-in may be larger there."


@dataclass(frozen=True)
class Places:
    """Where the hand-ins are.

    Args:
        paths: files and folders.
        unpacked: the temporary folder in which the classes are that were unpacked, if there are any.
        problems: why files in it are empty, as the end of a sentence.
    """

    paths: Sequence[Path]
    unpacked: Path | None = None
    problems: Mapping[Path, str] = field(default_factory=dict)


@contextmanager
def unpacking_classes(paths: Sequence[Path]) -> Iterator[Places]:
    """Give the paths, with a temporary folder in the place of each archive that a course system has made of a class.

    Only files of the homework and archives are written, each up to its limit. Everything else becomes an empty file, so
    that it is accounted for; also a file whose name cannot be used, under a similar name.
    """
    with tempfile.TemporaryDirectory(prefix="kcnn-class-") as root:
        problems: dict[Path, str] = {}
        places = [_unpack(path, Path(root), problems) if path.is_file() else path for path in paths]
        yield Places(places, Path(root), problems)


def _unpack(path: Path, root: Path, problems: dict[Path, str]) -> Path:
    """Return the folder with the class in an archive, or the path if it is no class.

    Args:
        problems: gets the reason for each file that could not be read.
    """
    try:
        members = list_members(path, _wanted, most_read=_MOST_FILES)
    except TooMuchError as error:
        if _is_class(error.members):
            problems[path] = "is a class that is too large to unpack here. Unpack it yourself and grade the folder."
        return path
    except HomeworkError:  # grading it says what is wrong
        return path
    if not _is_class(members):
        return path
    folder = _free_place(root, path.name.split(".")[0])
    with reporting_os_errors(HomeworkError, "unpack", path, hint="Unpack it yourself and grade the folder."):
        folder.mkdir()
        # Folders come before files of the same names.
        names = {
            member.name: reason
            for member in sorted(members, key=lambda member: -len(member.folder))
            if (reason := _write(member, folder, problems))
        }
        top = _without_single_folders(folder)
        for name, reason in names.items():
            place = _free_place(top, _shorten(name.replace("/", "-")))
            place.touch()
            problems[place] = f"could not be unpacked as {printable(name)[:_LONGEST_SHOWN]}: {reason}. Rename it."
        time = path.stat().st_mtime_ns  # the same each time, so that an interrupted grading can resume
        for place in folder.rglob("*"):
            os.utime(place, ns=(time, time))
    return top


def _write(member: Member, folder: Path, problems: dict[Path, str]) -> str:
    """Write a file into the folder of a class; return why this is impossible because of its name, if it is.

    Args:
        problems: gets the reason if the file could not be read, or was there before with another content.
    """
    parts = PurePosixPath(member.name).parts
    if not parts or ".." in parts:
        return ""
    place, content = folder.joinpath(*parts), member.content or b""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        if place.is_dir():
            return "a folder has the same name"
        if place.read_bytes() != content:
            place.write_bytes(b"")
            problems[place] = _TWICE
        return ""
    except OSError as error:
        if error.errno not in _ERRORS_OF_NAMES:
            raise
        return error.strerror or str(error)
    except ValueError as error:  # such as a null byte
        return printable(str(error))
    if member.problem:
        problems[place] = f"{member.problem} {_HINT}" if _is_archive(member.base) else member.problem
    return ""


def _free_place(folder: Path, name: str) -> Path:
    """Return a path with this name; with a number if there is one."""
    number, place = 1, folder / name
    while place.exists():
        number += 1
        place = folder / f"{name}-{number}"
    return place


def _shorten(name: str) -> str:
    """Return a similar name that every system takes, and that is none of the homework."""
    plain = re.sub(r"[^\w .()@+-]", "_", name)
    return f"{plain if len(plain) <= _LONGEST_NAME else f'{plain[:40]}...{plain[-10:]}'}.unread"


def _is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def _wanted(name: str) -> int:
    base = PurePosixPath(name).name
    recognized = recognize(base)
    if recognized:
        return largest_size(recognized.file)
    if base == GRADESCOPE_LIST:
        return LARGEST_LIST
    return _LARGEST_HAND_IN if _is_archive(base) else 0


def _is_class(members: Sequence[Member]) -> bool:
    """Return whether an archive has the hand-ins of several people, or of one whom a course system has named."""
    archives = [member for member in members if _is_archive(member.base)]
    parts = {part for member in members for part in PurePosixPath(member.name).parts}
    owners = {owner.key for part in parts if (owner := find_owner(part)) is not None}
    if len(owners) > 1 or any(member.base == GRADESCOPE_LIST for member in members):
        return True
    if members and all(map(_is_named_by_system, members)):
        return True
    if _is_one_homework(members, archives):
        return False
    prefixes = {found.owner for member in members if (found := recognize(member.base)) and found.owner}
    return len(archives) > 1 or len(prefixes) > 1 or len(_list_ids(members)) > 1


def _is_named_by_system(member: Member) -> bool:
    """Return whether a course system has written a person's name: before the file's, or for sure in a folder's.

    `hw_1_2_final/ex05_relu.py` is in a folder that the student has named.
    """
    owners = [owner for folder in member.folder if (owner := find_owner(folder)) is not None]
    return find_owner(member.base) is not None or not all(owner.is_guess for owner in owners)


def _is_one_homework(members: Sequence[Member], archives: Sequence[Member]) -> bool:
    """Return whether an archive has the folder of one homework, and everything else in it, also other archives."""
    homes = sorted((member.folder for member in members if _is_identity(member.base)), key=len)
    if not homes or any(member.folder[: len(homes[0])] != homes[0] for member in members):
        return False
    beside = [member.base for member in members if member.folder == homes[0]]
    has_work = any(recognize(name) and not _is_identity(name) for name in beside)
    if not has_work or len(list_people(member.base for member in members)) > 1:
        return False
    ids = _list_ids(members)
    for archive in archives:
        with suppress(HomeworkError):  # it is no homework
            ids |= _list_ids(list_archive(Path(archive.name), io.BytesIO(archive.content or b""), _wanted_for_id))
    return len(ids) == 1


def _is_identity(name: str) -> bool:
    recognized = recognize(name)
    return recognized is not None and recognized.file == IDENTITY_FILE


def _wanted_for_id(name: str) -> int:
    return largest_size(IDENTITY_FILE) if _is_identity(PurePosixPath(name).name) else 0


def _list_ids(members: Sequence[Member]) -> set[str]:
    """Return the ids in the homework.toml files; of a file that is not valid, the line with the id."""
    texts = [decode_text(member.content) for member in members if member.content and _is_identity(member.base)]
    return set(filter(None, map(_find_id, texts)))


def _find_id(text: str) -> str:
    try:
        return str(read_toml(text).get("student", "")).casefold()
    except HomeworkError:
        return next((line for line in text.splitlines() if line.replace(" ", "").startswith("student=")), "")


def _without_single_folders(folder: Path) -> Path:
    """Return the folder in which the hand-ins are, if there is nothing but folders in folders around them."""
    entries = list(folder.iterdir())
    while len(entries) == 1 and entries[0].is_dir() and find_owner(entries[0].name) is None:
        folder = entries[0]
        entries = list(folder.iterdir())
    return folder
