"""The files of a homework folder, read with care: anybody may have made them.

Only files that belong to the homework are read, and only up to a fixed size. Links are refused.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from keras_cnn_course.errors import GraderError, HomeworkError, RunError, reporting_os_errors
from keras_cnn_course.files.foreign import read_bounded
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, list_exercises
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.bounded_toml import read_toml
from keras_cnn_course.homework.sandbox.messages import printable

__all__ = [
    "IDENTITY_FILE",
    "LARGEST_FILE",
    "check_student",
    "decode_text",
    "list_file_names",
    "parse_work",
    "read_folder",
    "read_plain_file",
]

IDENTITY_FILE = "homework.toml"

LARGEST_FILE = 1 << 18
"""Bytes that a file of the homework may have."""

_LONGEST_VERSION = 40
_STUDENT = r"[\w.@+-]{1,64}"


def list_file_names() -> list[str]:
    """Return the names of all files of the homework."""
    return [IDENTITY_FILE, ANSWERS_FILE, *(exercise.file for exercise in list_exercises())]


def read_folder(folder: Path) -> Work:
    """Return the homework in a folder.

    Raises:
        HomeworkError: there is no homework in it, or no valid student id.
        GraderError: a file cannot be read, which says nothing about the homework.
    """
    files = {}
    for name in sorted(list_file_names()):
        content = read_plain_file(folder / name, limit=LARGEST_FILE)
        if content is not None:
            files[name] = decode_text(content)
    return parse_work(folder, files)


def parse_work(path: Path, files: Mapping[str, str]) -> Work:
    """Return the homework in these texts.

    Args:
        path: where they come from, for error messages.
        files: texts by file name.

    Raises:
        HomeworkError: homework.toml is missing or has no valid student id.
    """
    if IDENTITY_FILE not in files:
        found = ", ".join(sorted(files)) or "no file of the homework"
        raise HomeworkError(
            f"{path} has no {IDENTITY_FILE}, which names the student. Found: {found}. "
            "Make the zip with: kcnn homework submit"
        )
    try:
        identity: Mapping[str, object] = read_toml(files[IDENTITY_FILE])
    except HomeworkError as error:
        raise HomeworkError(f"{IDENTITY_FILE} in {path} {error}.") from error
    sources = {exercise.stem: files[exercise.file] for exercise in list_exercises() if exercise.file in files}
    course = printable(str(identity.get("course", "")))[:_LONGEST_VERSION]
    return Work(check_student(identity.get("student")), sources, files.get(ANSWERS_FILE, ""), course)


def check_student(student: object) -> str:
    """Return a student's id if it is valid.

    Raises:
        HomeworkError: it is not.
    """
    if not isinstance(student, str) or not re.fullmatch(_STUDENT, student):
        raise HomeworkError(
            "A student id must consist of 1 to 64 letters, digits and the characters . _ @ + -, such as ada.lovelace; "
            f"got {printable(str(student))[:80]!r}."
        )
    return student


def read_plain_file(path: Path, *, limit: int) -> bytes | None:
    """Return the content of a plain file of at most `limit` bytes; None if there is no such file.

    Raises:
        HomeworkError: it is not a plain file, or too large.
        GraderError: it cannot be read.
    """
    with reporting_os_errors(GraderError, "read", path):
        try:
            return read_bounded(path, limit=limit) if path.exists() or path.is_symlink() else None
        except RunError as error:
            raise HomeworkError(str(error)) from error


def decode_text(content: bytes) -> str:
    """Return a file's text with Unix line ends; bytes that are not UTF-8 become question marks."""
    return content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
