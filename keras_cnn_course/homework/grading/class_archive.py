"""An archive of a whole class, as course systems export it: its hand-ins are put into a folder and graded there."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from keras_cnn_course.errors import HomeworkError, reporting_os_errors
from keras_cnn_course.homework.grading.file_names import recognize
from keras_cnn_course.homework.grading.members import ARCHIVE_SUFFIXES, Member, list_members
from keras_cnn_course.homework.grading.platforms import GRADESCOPE_LIST, find_owner
from keras_cnn_course.homework.student.work_files import IDENTITY_FILE, decode_text, largest_size

__all__ = ["unpacking_classes"]

_LARGEST_HAND_IN = 1 << 24
_MOST_FILES = 20_000
_DEEPEST_ENTRY = 2


@contextmanager
def unpacking_classes(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Give the paths, with a temporary folder in the place of each archive that holds the hand-ins of several people.

    Only files of the homework and archives are written, each up to its limit. Everything else becomes an empty file, so
    that it is accounted for.
    """
    with ExitStack() as stack:
        yield [_unpack(path, stack) if path.is_file() else path for path in paths]


def _unpack(path: Path, stack: ExitStack) -> Path:
    try:
        members = list_members(path, _wanted, most_read=_MOST_FILES)
    except HomeworkError:  # grading it says what is wrong
        return path
    if not _is_class(members):
        return path
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kcnn-class-"))) / path.name.split(".")[0]
    with reporting_os_errors(HomeworkError, "unpack", path, hint="Unpack it yourself and grade the folder."):
        for member in members:
            parts = PurePosixPath(member.name).parts
            is_inside = bool(parts) and ".." not in parts and parts[0] != "/"
            if is_inside and (member.content is not None or len(parts) <= _DEEPEST_ENTRY):
                place = folder.joinpath(*parts)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(member.content or b"")
        time = path.stat().st_mtime_ns  # the same each time, so that an interrupted grading can resume
        for place in folder.rglob("*"):
            os.utime(place, ns=(time, time))
    return _without_single_folders(folder)


def _wanted(name: str) -> int:
    base = PurePosixPath(name).name
    recognized = recognize(base)
    if recognized or base == GRADESCOPE_LIST:
        return largest_size(recognized.file if recognized else base)
    return _LARGEST_HAND_IN if base.lower().endswith(ARCHIVE_SUFFIXES) else 0


def _is_class(members: Sequence[Member]) -> bool:
    """Return whether the hand-ins of several people are in an archive."""
    archives = [member for member in members if member.base.lower().endswith(ARCHIVE_SUFFIXES)]
    parts = {part for member in members for part in PurePosixPath(member.name).parts}
    owners = {owner.key for part in parts if (owner := find_owner(part)) is not None}
    prefixes = {found.owner for member in members if (found := recognize(member.base)) and found.owner}
    identities = {
        decode_text(member.content)
        for member in members
        if member.content is not None and (found := recognize(member.base)) and found.file == IDENTITY_FILE
    }
    ids = {line for text in identities for line in text.splitlines() if line.replace(" ", "").startswith("student=")}
    has_list = any(member.base == GRADESCOPE_LIST for member in members)
    return has_list or len(archives) > 1 or len(owners) > 1 or len(prefixes) > 1 or len(ids) > 1


def _without_single_folders(folder: Path) -> Path:
    """Return the folder in which the hand-ins are, if there is nothing but folders in folders around them."""
    entries = list(folder.iterdir())
    while len(entries) == 1 and entries[0].is_dir() and find_owner(entries[0].name) is None:
        folder = entries[0]
        entries = list(folder.iterdir())
    return folder
