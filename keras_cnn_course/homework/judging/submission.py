"""Reading a student's homework from a folder or a zip, which may hold anything: only known files, of a known size.

Nothing is unpacked to the disk, so names that lead elsewhere lead nowhere; links are refused; and a file that unpacks
to more than it should is refused after so many bytes, whatever it declares.
"""

import io
import lzma
import re
import stat
import tomllib
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from keras_cnn_course.errors import GraderError, HomeworkError, RunError
from keras_cnn_course.files.foreign import read_bounded
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, list_exercises
from keras_cnn_course.homework.judging.work import Work
from keras_cnn_course.homework.sandbox.outcome import printable

__all__ = ["IDENTITY_FILE", "check_student", "find_submissions", "read_submission"]

IDENTITY_FILE = "homework.toml"

_LARGEST_FILE = 1 << 18
_LARGEST_ARCHIVE = 1 << 22
_MOST_MEMBERS = 2000
_DEEPEST = 3
_LONGEST_VERSION = 40
_STUDENT = r"[\w.@+-]{1,64}"
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError, MemoryError),
)


def find_submissions(path: Path) -> list[Path]:
    """Return the submissions below a path: it is one itself, or a folder with some, as course systems export them.

    Raises:
        HomeworkError: there is none.
    """
    if path.is_file() and not path.is_symlink():
        return [path]
    found = _search(path, _DEEPEST) if path.is_dir() else []
    if not found:
        raise HomeworkError(
            f"Expected {path} to be a submission, or a folder of submissions (zips, or folders with {IDENTITY_FILE}). "
            "Received: none. Make the zip with: kcnn homework submit"
        )
    return found


def read_submission(path: Path) -> Work:
    """Return the homework in a folder or a zip.

    Raises:
        HomeworkError: it is none, or does not say whose it is.
        GraderError: the system does not let it be read, which says nothing about it.
    """
    files = _read_folder(path) if path.is_dir() else _read_archive(path)
    if IDENTITY_FILE not in files:
        raise HomeworkError(
            f"Expected {IDENTITY_FILE} in {path}, which says whose homework it is. Received: "
            f"{', '.join(sorted(files)) or 'no file of the homework'}. Make the zip with: kcnn homework submit"
        )
    sources = {exercise.stem: files[exercise.file] for exercise in list_exercises() if exercise.file in files}
    identity = _read_identity(path, files[IDENTITY_FILE])
    course = printable(str(identity.get("course", "")))[:_LONGEST_VERSION]
    return Work(check_student(identity.get("student")), sources, files.get(ANSWERS_FILE, ""), course)


def check_student(student: object) -> str:
    """Return a student's id, if it is one.

    Raises:
        HomeworkError: it is not.
    """
    if not isinstance(student, str) or not re.fullmatch(_STUDENT, student):
        raise HomeworkError(
            "Expected a student id of up to 64 letters, digits and . _ @ + -, such as ada.lovelace. "
            f"Received: {printable(str(student))[:80]!r}."
        )
    return student


def _search(folder: Path, depth: int) -> list[Path]:
    """Return the submissions in a folder and, so many levels down, in the folders in it.

    One that may not be looked into counts as a submission, so that reading it tells of it.
    """
    try:
        if (folder / IDENTITY_FILE).is_file():
            return [folder]
        entries = sorted(folder.iterdir())
    except OSError:
        return [folder]
    found = []
    for entry in entries:
        if entry.is_symlink() or entry.name.startswith("."):
            continue
        if entry.suffix.lower() == ".zip" and entry.is_file():
            found.append(entry)
        elif entry.is_dir() and depth:
            found += _search(entry, depth - 1)
    return found


def _known_names() -> set[str]:
    return {IDENTITY_FILE, ANSWERS_FILE, *(exercise.file for exercise in list_exercises())}


def _read_folder(folder: Path) -> dict[str, str]:
    """Return the known files of a folder as texts."""
    files = {}
    for name in sorted(_known_names()):
        content = _read_plain(folder / name, limit=_LARGEST_FILE)
        if content is not None:
            files[name] = _decode(content)
    return files


def _read_plain(path: Path, *, limit: int) -> bytes | None:
    """Return what is in a plain file; None where there is no file.

    Raises:
        HomeworkError: it is something else, or too large.
        GraderError: the system does not let it be read.
    """
    try:
        return read_bounded(path, limit=limit) if path.exists() or path.is_symlink() else None
    except RunError as error:
        reason = str(error).partition("Received: ")[2]
        raise HomeworkError(
            f"Expected {path} to be a plain file of at most {limit:,} bytes. Received: {reason}"
        ) from error
    except OSError as error:
        raise GraderError(f"Expected to be let read {path}. Received: {error.strerror or error}.") from error


def _read_archive(path: Path) -> dict[str, str]:
    """Return the known files of a zip as texts; they lie at its top, or all in one folder."""
    content = _read_plain(path, limit=_LARGEST_ARCHIVE) or b""
    # From here on whatever goes wrong is the archive's own fault: it may send its reader anywhere.
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _choose_members(path, archive)
            return {name: _decode(_read_member(path, archive, member)) for name, member in members.items()}
    except _DAMAGED as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise HomeworkError(f"Expected {path} to be a zip that can be read. Received: {reason}.") from error


def _choose_members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the known files of an archive: those in the folder where the identity is, nearest to the top."""
    if len(archive.infolist()) > _MOST_MEMBERS:
        raise HomeworkError(
            f"Expected at most {_MOST_MEMBERS:,} files in {path}. Received: {len(archive.infolist()):,}."
        )
    known = _known_names()
    by_folder: dict[tuple[str, ...], dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if not parts or parts[-1] not in known or ".." in parts or parts[0] in ("/", "__MACOSX"):
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            raise HomeworkError(f"Expected {parts[-1]} in {path} to be a file. Received: a link.")
        by_folder.setdefault(parts[:-1], {})[parts[-1]] = member
    with_identity = [folder for folder, files in by_folder.items() if IDENTITY_FILE in files]
    folders = sorted(with_identity or by_folder, key=lambda folder: (len(folder), folder))
    return by_folder[folders[0]] if folders else {}


def _read_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as stream:
        content = stream.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        name = PurePosixPath(member.filename).name
        raise HomeworkError(f"Expected {name} in {path} to have at most {_LARGEST_FILE:,} bytes. Received: more.")
    return content


def _read_identity(path: Path, text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise HomeworkError(f"Expected {IDENTITY_FILE} in {path} to be TOML. Received: {error}") from error


def _decode(content: bytes) -> str:
    """Return a text file's text, with one kind of line end; what is not UTF-8 becomes question marks."""
    return content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
