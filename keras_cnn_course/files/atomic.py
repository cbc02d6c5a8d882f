"""Files and folders that appear whole or not at all, and folders that one process at a time writes to."""

import errno
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from keras_cnn_course.errors import RunError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = [
    "atomic_file",
    "atomic_folder",
    "is_empty_folder",
    "make_folder",
    "make_numbered_folder",
    "one_writer",
    "remove_partial",
]

_LOCK = ".lock"
_PARTIAL = ".partial-"


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder to write to; on success it replaces `path` in one step.

    The temporary name keeps the suffix of `path`, because Keras and matplotlib choose the format by it. When the
    body raises, `path` is what it was before and the temporary file is gone.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with atomic_file(path) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> path.read_text()
    'whole'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{_PARTIAL}{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _sync_file(temporary)
        temporary.chmod(0o666 & ~_umask())
        _replace(temporary, path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path` to fill; on success it is renamed to `path`, which must not exist.

    Raises:
        FileExistsError: `path` exists; nothing is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f"{_PARTIAL}{path.name}-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            raise FileExistsError(f"{path} exists")
        for entry in temporary.rglob("*"):
            if entry.is_dir():
                _sync_folder(entry)
            else:
                _sync_file(entry)
        try:
            temporary.rename(path)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            raise FileExistsError(f"{path} exists") from error
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def is_empty_folder(path: Path) -> bool:
    """Return whether `path` is a folder with nothing in it, or nothing but a lock."""
    return path.is_dir() and all(entry.name == _LOCK for entry in path.iterdir())


def make_folder(path: Path, texts: Mapping[str, str]) -> None:
    """Make a folder with text files in it, by name, in one step.

    An existing empty folder is filled file by file, because it may be a mount point, which cannot be replaced.

    Raises:
        FileExistsError: `path` is something else, or another process was faster.
    """
    if not path.exists():
        _make_new(path, texts)
        return
    with one_writer(path) if path.is_dir() else nullcontext():
        if not is_empty_folder(path):
            raise FileExistsError(f"{path} exists")
        _write_all(path, texts)


def make_numbered_folder(parent: Path, name: str, texts: Mapping[str, str]) -> Path:
    """Make and return the first free folder `<parent>/<name>-NNN`; the first process to create it gets the number."""
    parent.mkdir(parents=True, exist_ok=True)
    pattern = re.compile(re.escape(name) + r"-(\d+)")
    taken = [int(match[1]) for entry in parent.iterdir() if (match := pattern.fullmatch(entry.name))]
    number = max(taken, default=0) + 1
    while True:
        path = parent / f"{name}-{number:03d}"
        try:
            _make_new(path, texts)
            return path
        except FileExistsError:
            number += 1


def _make_new(path: Path, texts: Mapping[str, str]) -> None:
    if not texts:  # an empty folder can replace another process's empty folder, and both would use it
        path.mkdir(parents=True)
        return
    with atomic_folder(path) as temporary:
        _write_all(temporary, texts)


def _write_all(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        with atomic_file(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def remove_partial(folder: Path) -> None:
    """Remove the unfinished files of a killed process from a folder. Call it inside `one_writer` of the folder."""
    for entry in sorted(folder.glob(f"{_PARTIAL}*")):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, so that no other process or thread is in this context for it.

    The lock is the operating system's, on the file `.lock` in the folder: it ends with the process, even
    a killed one, so the file may remain. The file contains the number of the last process.

    Raises:
        RunError: another process is inside; the message has its number.
        OSError: the folder cannot be written.
    """
    path = folder / _LOCK
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        if not _try_to_lock(handle):
            number = path.read_text().strip()
            holder = f"PID {number}" if number else "of unknown number"
            raise RunError(
                f"Another kcnn process ({holder}) is writing {folder}. Wait until it has finished, or stop it."
            )
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _try_to_lock(handle: int) -> bool:
    """Lock an open file for this handle alone; return False where another has it."""
    try:
        if sys.platform == "win32":
            # Windows locks bytes, and refuses others to read them: so lock one far beyond the number of the process.
            os.lseek(handle, 1 << 20, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _sync_file(path: Path) -> None:
    """Flush a file to the disk. Windows does that only through a descriptor that may write."""
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(path: Path) -> None:
    """Flush a folder to the disk; Windows cannot open one, and keeps its names without that."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(temporary: Path, path: Path) -> None:
    """Put a finished file in the place of another.

    Windows refuses that while somebody has the other one open, as a virus scanner does for a moment after each write,
    so it is tried for two seconds there.
    """
    last = time.monotonic() + (2.0 if sys.platform == "win32" else 0.0)
    while True:
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if time.monotonic() >= last:
                raise
            time.sleep(0.05)
