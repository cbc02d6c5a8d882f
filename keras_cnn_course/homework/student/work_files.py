"""The files of a homework folder, read with care: anybody may have made them.

Only files that belong to the homework are read, and only up to a fixed size. Links are refused.
"""

import codecs
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from keras_cnn_course.errors import GraderError, HomeworkError, RunError, reporting_os_errors
from keras_cnn_course.files.foreign import read_bounded
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, Exercise, list_exercises
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.judging.reading import Reading
from keras_cnn_course.homework.sandbox.bounded_toml import read_toml
from keras_cnn_course.homework.sandbox.messages import printable
from keras_cnn_course.homework.student.notebook_code import read_code

__all__ = [
    "IDENTITY_FILE",
    "LARGEST_FILE",
    "README_FILE",
    "check_student",
    "decode_text",
    "is_letter_of_id",
    "is_student",
    "largest_size",
    "list_file_names",
    "parse_work",
    "read_folder",
    "read_plain_file",
]

IDENTITY_FILE = "homework.toml"
README_FILE = "README.md"

LARGEST_FILE = 1 << 18
"""Bytes that a file of the homework may have, and characters that the code of a notebook may have."""

_LARGEST_NOTEBOOK = 1 << 24  # it may contain pictures

_NOTEBOOK = ".ipynb"
_LONGEST_VERSION = 40
_PYTHON_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")
_LONGEST_STUDENT = 64
_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# Python's own declaration in the first two lines, for the encodings that editors write.
_DECLARED = re.compile(rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]{1,20})")
_ENCODINGS = re.compile(r"(latin|iso|cp|windows|mac|koi8|gb|big5|shift_?jis|euc|utf)[-_\w]*")


def list_file_names() -> list[str]:
    """Return the names of all files of the homework."""
    exercises = list_exercises()
    names = [exercise.file for exercise in exercises] + [exercise.notebook for exercise in exercises]
    return [IDENTITY_FILE, ANSWERS_FILE, *names]


def largest_size(name: str) -> int:
    """Return the number of bytes that a file of the homework with this name may have."""
    return _LARGEST_NOTEBOOK if name.endswith(_NOTEBOOK) else LARGEST_FILE


def read_folder(folder: Path) -> Work:
    """Return the homework in a folder.

    Raises:
        HomeworkError: there is no homework in it, or no valid student id.
        GraderError: a file cannot be read, which says nothing about the homework.
    """
    files = {}
    for name in sorted(list_file_names()):
        content = read_plain_file(folder / name, limit=largest_size(name))
        if content is not None:
            files[name] = decode_text(content)
    return parse_work(folder, files)


def parse_work(path: Path, files: Mapping[str, str], *, renamed: Collection[str] = ()) -> Work:
    """Return the homework in these texts.

    Args:
        path: where they come from, for error messages.
        files: texts by file name.
        renamed: names of the files that had another name or were in another folder.

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
        example = 'student = "ada.lovelace"'
        raise HomeworkError(f"{IDENTITY_FILE} in {path} {error}. It needs a line such as: {example}") from error
    python = str(identity.get("python", ""))
    read = {exercise.stem: _read_exercise(exercise, files, renamed) for exercise in list_exercises()}
    readings = {stem: reading for stem, (_, reading) in read.items() if reading is not None}
    return Work(
        check_student(identity.get("student")),
        {stem: source for stem, (source, _) in read.items() if source is not None},
        files.get(ANSWERS_FILE, ""),
        printable(str(identity.get("course", "")))[:_LONGEST_VERSION],
        id_from="login" if identity.get("id_from") == "login" else "",
        python=python if _PYTHON_VERSION.fullmatch(python) else "",
        notes=tuple(text for reading in readings.values() for text in (reading.problem, reading.note) if text),
        readings=readings,
    )


def _read_exercise(
    exercise: Exercise, files: Mapping[str, str], renamed: Collection[str]
) -> tuple[str | None, Reading | None]:
    """Return the source of an exercise, and how it was read; None if there is none.

    If there are both a Python file and a notebook, the Python file counts, unless it is unchanged, or was renamed
    beside a notebook with work in it.
    """
    source = files.get(exercise.file)
    if exercise.notebook not in files:
        return source, Reading(exercise.file) if source is not None else None
    text, reading = _read_notebook(exercise, files[exercise.notebook])
    if source is None:
        return text, reading
    both = f"{exercise.file} and {exercise.notebook} are both here:"
    if not source.strip() or exercise.is_starter(source):
        note = f"{both} the notebook counts, because the Python file is unchanged."
        return text, replace(reading, note=note)
    is_notebook_exact = exercise.file in renamed and exercise.notebook not in renamed
    if is_notebook_exact and text is not None and not exercise.is_starter(text):
        return text, replace(reading, note=f"{both} the notebook counts, because the Python file was renamed.")
    note = f"{both} the Python file counts, because it has been changed."
    return source, Reading(exercise.file, note=note)


def _read_notebook(exercise: Exercise, content: str) -> tuple[str | None, Reading]:
    try:
        code = read_code(content, limit=LARGEST_FILE)
    except HomeworkError as error:
        return None, Reading(exercise.notebook, problem=f"{exercise.notebook} {error}.")
    return code.text, Reading(exercise.notebook, code.cells)


def check_student(student: object) -> str:
    """Return a student's id in Unicode's composed form, NFC, if it is valid. So an id has one form on every system.

    A matriculation number may be a number, because students leave out the quotes in homework.toml.

    Raises:
        HomeworkError: it is not valid.
    """
    if isinstance(student, int) and not isinstance(student, bool):
        student = str(student)
    if not isinstance(student, str):
        given = "is missing" if student is None else f"must be text; got {printable(str(student))[:80]}"
        raise HomeworkError(f'The student id {given}. Write it in quotes, such as student = "ada.lovelace".')
    if not is_student(student):
        raise HomeworkError(
            "A student id must consist of 1 to 64 letters, digits and the characters . _ @ + -, such as ada.lovelace; "
            f"got {printable(student)[:80]!r}."
        )
    return unicodedata.normalize("NFC", student)


def is_student(word: str) -> bool:
    """Return whether a word is a valid student id."""
    composed = unicodedata.normalize("NFC", word[: 4 * _LONGEST_STUDENT])
    return 1 <= len(composed) <= _LONGEST_STUDENT and all(map(is_letter_of_id, composed)) and not _is_mark(composed[0])


def is_letter_of_id(character: str) -> bool:
    """Return whether a student id may have this character."""
    return character.isalnum() or character in "._@+-" or _is_mark(character)


def _is_mark(character: str) -> bool:
    """Return whether a character is written over or below its letter, as in many Indian scripts."""
    return unicodedata.category(character) in ("Mn", "Mc")


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
    """Return a file's text with Unix line ends.

    The encoding is that of the byte order mark, or UTF-8, or the one that the first two lines declare as in Python.
    Bytes that still cannot be decoded become question marks.

    >>> decode_text("print('Größe')".encode("utf-16"))
    "print('Größe')"
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(_declared_encoding(content) or encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _declared_encoding(content: bytes) -> str:
    """Return the encoding that a Python file declares, if it is one that editors write; otherwise an empty string."""
    declared = _DECLARED.match(content)
    name = declared[1].decode("ascii", "replace").lower() if declared else ""
    try:
        return codecs.lookup(name).name if _ENCODINGS.fullmatch(name) else ""
    except LookupError:
        return ""
