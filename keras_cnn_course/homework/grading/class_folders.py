"""Whether a folder holds the hand-ins of one person or of several: by its place, and by the names in it."""

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from pathlib import Path

from keras_cnn_course.errors import CourseError
from keras_cnn_course.homework.grading.file_names import list_people, recognize
from keras_cnn_course.homework.grading.members import list_members
from keras_cnn_course.homework.grading.platforms import find_owner
from keras_cnn_course.homework.student.work_files import IDENTITY_FILE

__all__ = ["Kind", "has_several_owners", "holds_several_people", "is_file_of_homework"]


class Kind(Enum):
    """What is known about a folder before its entries are."""

    CLASS = auto()
    """It holds the hand-ins of several people: each entry must end in a row."""
    ONLY_ENTRY = auto()
    """Nothing is beside it in the folder of a class, so it may be the class itself."""
    ENTRY = auto()
    """It is one of several entries: a hand-in, or a group of the class."""
    HAND_IN = auto()
    """It is one person's, by the name of a folder around it or because it was uploaded alone."""

    def below(self, entry: Path, *, is_alone: bool) -> "Kind":
        """Return the kind of an entry of the folder."""
        if self is Kind.HAND_IN or find_owner(entry.name) is not None:
            return Kind.HAND_IN
        return Kind.ONLY_ENTRY if is_alone and self in (Kind.CLASS, Kind.ONLY_ENTRY) else Kind.ENTRY


def holds_several_people(kind: Kind, entries: Mapping[Path, bool]) -> bool:
    """Return whether each entry of a folder must end in a row, because they are the hand-ins of several people.

    Below the folder of a class, a course system has written a name before each, or there is nothing but folders with
    work in them.

    Args:
        entries: whether there are submissions in an entry.
    """
    owners = {owner.key for entry in entries if (owner := find_owner(entry.name)) is not None}
    if kind is Kind.CLASS or kind is Kind.HAND_IN or (len(owners) < 2 and kind is not Kind.ONLY_ENTRY):
        return kind is Kind.CLASS
    with_work = [entry for entry, has_submissions in entries.items() if has_submissions or _has_work(entry)]
    if len(owners) > 1 and with_work and all(find_owner(entry.name) for entry in with_work):
        return True
    are_folders = len(with_work) > 1 and all(entry.is_dir() for entry in with_work)
    return kind is Kind.ONLY_ENTRY and are_folders and any(entries.values())


def has_several_owners(entries: Iterable[Path]) -> bool:
    """Return whether the names of the homework's files say that they are of several people.

    Files without an owner are somebody else's if a course system has named the others. Beside `old_ex05_relu.py` they
    are not.
    """
    names = [entry.name for entry in entries]
    if any(map(find_owner, names)):
        return len({found.owner for name in names if (found := recognize(name))}) > 1
    return len(list_people(names)) > 1


def is_file_of_homework(entry: Path, file: str) -> bool:
    """Return whether an entry is this file of the homework, maybe renamed."""
    recognized = recognize(entry.name)
    return recognized is not None and recognized.file == file and not entry.is_dir()


def _has_work(entry: Path) -> bool:
    """Return whether an entry is an exercise or answers, or a folder with files of the homework."""
    if not entry.is_dir() or entry.is_symlink():
        return recognize(entry.name) is not None and not is_file_of_homework(entry, IDENTITY_FILE)
    try:
        return any(recognize(member.base) for member in list_members(entry, lambda name: 0))
    except CourseError:  # it has too many files, or a folder in it may not be looked into
        return False
