"""A submission, and whose it is by the names in its path."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import accumulate, takewhile
from pathlib import Path

from keras_cnn_course.errors import CourseError
from keras_cnn_course.files.foreign import read_bounded
from keras_cnn_course.homework.grading.platforms import (
    GRADESCOPE_LIST,
    LARGEST_LIST,
    Owner,
    find_owners,
    read_gradescope_list,
)
from keras_cnn_course.homework.grading.submissions import list_names, read_submission
from keras_cnn_course.homework.judging.planning import Work

__all__ = ["Submission", "add_owners", "without_folder"]


@dataclass(frozen=True)
class Submission:
    """Something that was handed in, whether or not it can be read.

    Args:
        label: its path below the folder that was given, which usually contains the student's name.
        note: what was found beside it.
        files: the files of one person among those of others in a folder; empty if the path has everything.
        owners: whose it is, by the names that the course system gave it: one, or several guesses.
        shared: the number of folders at the beginning of the label that have submissions of several students.
        problems: why files could not be unpacked, by their paths.
        unpacked: the temporary folder in which it is, if a class was unpacked.
    """

    path: Path
    label: str
    note: str = ""
    files: tuple[Path, ...] = ()
    owners: Sequence[Owner] = ()
    shared: int = 0
    problems: Mapping[Path, str] = field(default_factory=dict)
    unpacked: Path | None = None

    def read(self, *, known_as: str = "") -> Work:
        """Return the homework, as `read_submission` does. Its errors show the label instead of a temporary path."""
        try:
            return read_submission(self.path, files=self.files, known_as=known_as, problems=self.problems)
        except CourseError as error:
            if self.unpacked is None:
                raise
            shown = str(error) if self.files else str(error).replace(str(self.path), self.label)
            raise type(error)(without_folder(shown, self.unpacked)) from error

    def noting(self, note: str) -> "Submission":
        """Return the submission with one more note."""
        return replace(self, note=f"{self.note} {note}".strip())


def add_owners(submissions: Sequence[Submission], root: Path) -> list[Submission]:
    """Return the submissions with their owners, from the parts of their paths that say it.

    A folder with submissions of several students is nobody's, unless it is itself one of them.
    """
    try:
        listed = read_gradescope_list(
            read_bounded(root / GRADESCOPE_LIST, limit=LARGEST_LIST).decode("utf-8", "replace")
        )
    except (OSError, CourseError):  # there is no such list
        listed = {}
    within: dict[str, list[Submission]] = {}
    for each in submissions:
        for folder in _list_folders(each.label):
            within.setdefault(folder, []).append(each)
    labels = {each.label for each in submissions}
    shared = {folder for folder, inside in within.items() if folder not in labels and _has_several_students(inside)}
    owned = []
    for each in submissions:
        parts = [*each.label.split("/"), *(file.name for file in each.files[:1])]
        in_list = [listed[stem] for part in parts if (stem := part.split(".")[0]) in listed]
        if in_list and in_list[0].partners:
            each = each.noting(f"Handed in by a group: give its mark to {list_names(in_list[0].partners)}, too.")
        above = list(takewhile(shared.__contains__, _list_folders(each.label)))
        owned.append(replace(each, owners=in_list[:1] or find_owners(parts), shared=len(above)))
    return owned


def without_folder(text: str, folder: Path | None) -> str:
    """Return a text with the paths in a temporary folder as they are below it."""
    return text.replace(f"{folder}{os.sep}", "") if folder else text


def _list_folders(label: str) -> list[str]:
    """Return the folders in which a submission is, the outermost first."""
    return list(accumulate(label.split("/")[:-1], "{}/{}".format))


def _has_several_students(submissions: Sequence[Submission]) -> bool:
    """Return whether submissions name different students in homework.toml."""
    students: set[str] = set()
    for each in submissions if len(submissions) > 1 else ():
        with suppress(Exception):  # grading it reports the error
            students.add(each.read().student.casefold())
        if len(students) > 1:
            return True
    return False
