"""List the files in a hand-in: a folder, a zip or a tar archive, any of which may contain anything.

Nothing is unpacked to the disk, so a name with `..` in it cannot lead anywhere. At the beginning of a name, `/`, `./`
and `../` are left out, as unzip and tar do. Links are never followed. Only the files that the caller asks for are read,
each up to its limit, whatever size the archive declares. The size of everything else does not matter.
"""

import gzip
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import BinaryIO

from keras_cnn_course.errors import GraderError, HomeworkError, RunError, reporting_os_errors
from keras_cnn_course.files.foreign import open_regular, read_bounded
from keras_cnn_course.homework.grading.bounded_stream import BoundedStream, TooLargeError
from keras_cnn_course.homework.sandbox.messages import printable

__all__ = [
    "ARCHIVE_SUFFIXES",
    "READABLE_SUFFIXES",
    "Member",
    "TooMuchError",
    "is_clutter",
    "list_archive",
    "list_files",
    "list_members",
]

READABLE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
ARCHIVE_SUFFIXES = (*READABLE_SUFFIXES, ".gz", ".7z", ".rar", ".bz2", ".tbz2", ".xz", ".txz", ".zst")

_LARGEST_ARCHIVE = 1 << 32
_LARGEST_UNPACKED_TAR = 1 << 30
_LARGEST_DIRECTORY = 1 << 24  # the table of contents of a zip with about 150,000 files
_LARGEST_PIECE = 1 << 20
_LARGEST_HEADERS = 1 << 20
_MOST_MEMBERS = 200_000
_LARGEST_CONTENT = 1 << 30
_CLUTTER = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv", "env", "Thumbs.db", "desktop.ini"}
_SIGNATURES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "tar.gz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError, struct.error, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError, MemoryError, OverflowError),
)
Wanted = Callable[[str], int]


@dataclass(frozen=True)
class Member:
    """A file in a hand-in.

    Args:
        name: its path in the hand-in, with `/` between the folders.
        content: None if it was not asked for or could not be read.
        problem: why it could not be read, as the end of a sentence; empty if it could.
    """

    name: str
    content: bytes | None = None
    problem: str = ""

    @property
    def folder(self) -> tuple[str, ...]:
        """The names of the folders that it is in."""
        return PurePosixPath(self.name).parts[:-1]

    @property
    def base(self) -> str:
        """Its name without the folders."""
        return PurePosixPath(self.name).name


class TooMuchError(HomeworkError):
    """A hand-in has more files, or larger ones, than are read.

    Args:
        members: what was listed until then.
    """

    def __init__(self, message: str, members: Sequence[Member] = ()) -> None:
        super().__init__(message)
        self.members = members


def is_clutter(name: str) -> bool:
    """Return whether a file or folder of this name is left behind by a system or an installer, not by the student.

    >>> is_clutter(".DS_Store"), is_clutter("__MACOSX"), is_clutter("src")
    (True, True, False)
    """
    return name.startswith(".") or name in _CLUTTER


def list_members(path: Path, wanted: Wanted, *, most_read: int = 500) -> list[Member]:
    """Return the files in a folder or an archive, without the clutter of systems and installers.

    Args:
        wanted: returns how many bytes of a file with this name may be read; 0: it is only listed.
        most_read: number of files that may be read.

    Raises:
        HomeworkError: it is neither a folder nor an archive that can be read.
        TooMuchError: it has too many files, or too large ones.
        GraderError: the system does not let it be read, which says nothing about the homework.
    """
    if path.is_dir() and not path.is_symlink():
        return _collect(path, _walk_folder(path, wanted), most_read)
    with reporting_os_errors(GraderError, "read", path):
        try:
            stream = open_regular(path, limit=_LARGEST_ARCHIVE)
        except RunError as error:
            raise HomeworkError(str(error)) from error
        with stream:
            return list_archive(path, stream, wanted, most_read=most_read)


def list_files(files: Sequence[Path], wanted: Wanted) -> list[Member]:
    """Return single files as the files of one hand-in.

    Raises:
        GraderError: the system does not let one be read.
    """
    with reporting_os_errors(GraderError, "read", files[0].parent):
        return [_read_file(file, file.name, wanted(file.name)) for file in files]


def list_archive(path: Path, stream: BinaryIO, wanted: Wanted, *, most_read: int = 500) -> list[Member]:
    """Return the files in an open zip or tar archive, as `list_members` does.

    Args:
        path: for error messages.
    """
    kind = _find_kind(path, stream)
    # From here on, every error is the archive's own fault: its bytes may lead the reader anywhere.
    try:
        if kind == "zip":
            bounded = BoundedStream(stream, total=_LARGEST_ARCHIVE, single=_LARGEST_DIRECTORY)
            return _collect(path, _walk_zip(bounded, wanted), most_read)
        unpacked = gzip.GzipFile(fileobj=stream) if kind == "tar.gz" else stream
        bounded = BoundedStream(unpacked, total=_LARGEST_UNPACKED_TAR, single=_LARGEST_PIECE)
        return _collect(path, _walk_tar(bounded, wanted), most_read)
    except _DAMAGED as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise HomeworkError(f"{path} is not a readable {kind}: {reason}. Make it with: kcnn homework submit") from error


def _collect(path: Path, members: Iterator[Member], most_read: int) -> list[Member]:
    """Return the members without clutter.

    Raises:
        TooMuchError: there are too many, or too large ones.
    """
    kept: list[Member] = []
    read = size = 0
    try:
        for number, member in enumerate(members, start=1):
            if number > _MOST_MEMBERS:
                problem = f"{_MOST_MEMBERS:,} files. Hand in your homework alone."
                raise TooMuchError(f"{path} contains more than {problem}", kept)
            if any(map(is_clutter, PurePosixPath(member.name).parts)):
                continue
            read += member.content is not None
            size += len(member.content or b"")
            if read > most_read:
                problem = f"{most_read:,} files of the homework. Hand in one copy."
                raise TooMuchError(f"{path} contains more than {problem}", kept)
            if size > _LARGEST_CONTENT:
                problem = (
                    f"{_LARGEST_CONTENT:,} bytes in files of the homework and archives. Hand in the homework alone."
                )
                raise TooMuchError(f"{path} contains more than {problem}", kept)
            kept.append(member)
    except TooLargeError as error:
        raise TooMuchError(f"{path} unpacks to too much: {error}. Make it with: kcnn homework submit", kept) from error
    return kept


def _walk_folder(path: Path, wanted: Wanted) -> Iterator[Member]:
    """Yield the files of a folder. A folder with the name of a file is listed, too."""

    def refuse(error: OSError) -> None:
        raise error

    with reporting_os_errors(GraderError, "read", path):
        for place, folders, names in os.walk(path, onerror=refuse):
            folders[:] = sorted(name for name in folders if not is_clutter(name))
            for name in [*folders, *sorted(names)]:
                file = Path(place) / name
                relative = file.relative_to(path).as_posix()
                limit = 0 if is_clutter(name) else wanted(relative)
                if name in folders and not file.is_symlink() and not limit:
                    continue
                yield _read_file(file, relative, limit)


def _read_file(file: Path, name: str, limit: int) -> Member:
    if not limit:
        return Member(name, problem="is a link" if file.is_symlink() else "")
    try:
        return Member(name, read_bounded(file, limit=limit))
    except RunError as error:
        return Member(name, problem=str(error).removeprefix(str(file)).strip())


def _walk_zip(stream: BoundedStream, wanted: Wanted) -> Iterator[Member]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if info.filename.endswith(("/", "\\")):
                continue
            name = _relative(info.filename.replace("\\", "/"))
            if S_ISLNK(info.external_attr >> 16):
                yield Member(name, problem="is a link. Replace it with the file itself.")
                continue
            limit = _limit(name, wanted)
            if not limit:
                yield Member(name)
                continue
            with archive.open(info) as content:
                yield _bounded_member(name, content.read(limit + 1), limit)


def _walk_tar(stream: BoundedStream, wanted: Wanted) -> Iterator[Member]:
    stream.headers = _LARGEST_HEADERS
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        budget = _LARGEST_HEADERS
        while True:
            stream.headers = budget
            info = archive.next()
            budget, stream.headers = stream.headers, None
            if info is None:
                break
            archive.members = []  # type: ignore[attr-defined]  # it would remember them all
            if info.isdir():
                continue
            name = _relative(info.name)
            limit = _limit(name, wanted)
            if not info.isreg():
                link = (
                    "a link. Replace it with the file itself." if info.issym() or info.islnk() else "not a plain file."
                )
                yield Member(name, problem=f"is {link}")
            elif limit and (content := archive.extractfile(info)) is not None:
                yield _bounded_member(name, content.read(limit + 1), limit)
            else:
                yield Member(name)
    if stream.last.strip(b"\0"):
        raise tarfile.ReadError("it is cut off or damaged")


def _relative(name: str) -> str:
    """Return a name in an archive without what leads out of it at the beginning; `..` at other places stays."""
    parts = PurePosixPath(name).parts
    return "/".join(dropwhile(lambda part: part.startswith("/") or part == "..", parts))


def _limit(name: str, wanted: Wanted) -> int:
    """Return the limit for a name in an archive; 0 if the name leads out of the archive or is clutter."""
    parts = PurePosixPath(name).parts
    return 0 if not parts or ".." in parts or any(map(is_clutter, parts)) else wanted(name)


def _bounded_member(name: str, content: bytes, limit: int) -> Member:
    if len(content) > limit:
        return Member(name, problem=f"is larger than {limit:,} bytes. Shorten it.")
    return Member(name, content)


def _find_kind(path: Path, stream: BinaryIO) -> str:
    """Return `zip`, `tar` or `tar.gz`, by the content.

    Raises:
        HomeworkError: it is no such archive.
    """
    head = stream.read(512)
    stream.seek(0)
    kind = next((kind for start, kind in _SIGNATURES.items() if head.startswith(start)), "")
    if not kind and head[257:262] == b"ustar":
        kind = "tar"
    suffix = path.suffix.lower()
    if kind in ("zip", "tar", "tar.gz"):
        return kind
    if not kind and suffix in (".zip", ".tar"):  # its reader says what is wrong with it
        return suffix[1:]
    what = {".py": "a single Python file", ".ipynb": "a notebook", ".toml": "a single TOML file"}.get(suffix)
    what = f"a {kind} archive, which cannot be read here" if kind else what or "neither a zip nor a homework folder"
    raise HomeworkError(f"{path} is {what}. Hand in the zip that this command makes: kcnn homework submit")
