"""Find and read submissions: homework folders, or zips that may contain anything.

Nothing is unpacked to the disk, so a name with `..` in it cannot lead anywhere. Links are refused, and so is a file
that unpacks to more than its limit, whatever size the archive declares.
"""

import io
import lzma
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.messages import printable
from keras_cnn_course.homework.student.work_files import (
    IDENTITY_FILE,
    LARGEST_FILE,
    decode_text,
    list_file_names,
    parse_work,
    read_folder,
    read_plain_file,
)

__all__ = ["find_submissions", "read_submission"]

_LARGEST_ARCHIVE = 1 << 22
_MOST_MEMBERS = 2000
_DEEPEST = 3
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError, MemoryError),
)


def find_submissions(path: Path) -> list[Path]:
    """Return the submissions at a path: the path itself, or those in the folder and its subfolders.

    Raises:
        HomeworkError: there are none.
    """
    if path.is_file() and not path.is_symlink():
        return [path]
    found = _search(path, _DEEPEST) if path.is_dir() else []
    if not found:
        raise HomeworkError(
            f"No submission found in {path}. A submission is a zip made by `kcnn homework submit`, or a folder with "
            f"{IDENTITY_FILE} in it."
        )
    return found


def read_submission(path: Path) -> Work:
    """Return the homework in a folder or a zip.

    Raises:
        HomeworkError: there is no homework in it, or no valid student id.
        GraderError: it cannot be read, which says nothing about the homework.
    """
    return read_folder(path) if path.is_dir() else parse_work(path, _read_archive(path))


def _search(folder: Path, depth: int) -> list[Path]:
    """Return the submissions in a folder and in its subfolders, `depth` levels down.

    A folder that cannot be opened counts as a submission, so that reading it reports the error.
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


def _read_archive(path: Path) -> dict[str, str]:
    """Return the texts of the homework's files in a zip; they are at its top level or in one folder."""
    content = read_plain_file(path, limit=_LARGEST_ARCHIVE) or b""
    # From here on, every error is the archive's own fault: its bytes may lead the reader anywhere.
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _choose_members(path, archive)
            return {name: decode_text(_read_member(path, archive, member)) for name, member in members.items()}
    except _DAMAGED as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise HomeworkError(f"{path} is not a readable zip: {reason}. Make it with: kcnn homework submit") from error


def _choose_members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the homework's files in an archive: those beside the homework.toml that is nearest to the top."""
    if len(archive.infolist()) > _MOST_MEMBERS:
        raise HomeworkError(
            f"{path} contains {len(archive.infolist()):,} files; a submission may have at most {_MOST_MEMBERS:,}."
        )
    known = set(list_file_names())
    by_folder: dict[tuple[str, ...], dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if not parts or parts[-1] not in known or ".." in parts or parts[0] in ("/", "__MACOSX"):
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            raise HomeworkError(f"{parts[-1]} in {path} is a link. Replace it with the file itself.")
        by_folder.setdefault(parts[:-1], {})[parts[-1]] = member
    with_identity = [folder for folder, files in by_folder.items() if IDENTITY_FILE in files]
    folders = sorted(with_identity or by_folder, key=lambda folder: (len(folder), folder))
    return by_folder[folders[0]] if folders else {}


def _read_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        name = PurePosixPath(member.filename).name
        raise HomeworkError(f"{name} in {path} is larger than {LARGEST_FILE:,} bytes. Shorten it.")
    return content
