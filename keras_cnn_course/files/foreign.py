"""Opening files that somebody else may have made: plain files of a limited size, no links and no pipes."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from keras_cnn_course.errors import RunError

__all__ = ["check_entries", "open_regular", "read_bounded"]


def open_regular(path: Path, *, limit: int) -> BinaryIO:
    """Open a regular file for reading. Links are not followed, and a pipe does not block.

    Args:
        limit: largest permitted number of bytes.

    Raises:
        RunError: it is a link, a folder, a pipe or a device, or too large.
        OSError: it is missing or cannot be read.
    """
    if path.is_symlink():
        raise _not_regular(path, "a link")
    # It may have become a link since the check above; O_NOFOLLOW refuses that where the system has it.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    stream = os.fdopen(_open_descriptor(path, flags), "rb")
    status = os.fstat(stream.fileno())
    if status.st_size > limit:
        stream.close()
        raise RunError(f"{path} is too large: it has {status.st_size:,} bytes, and at most {limit:,} are allowed.")
    return stream


def read_bounded(path: Path, *, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises:
        RunError: as `open_regular`.
        OSError: it is missing or cannot be read.
    """
    with open_regular(path, limit=limit) as stream:
        return stream.read(limit)


def check_entries(folder: Path) -> None:
    """Check that a folder holds files and folders only, so that no name in it leads elsewhere.

    Raises:
        RunError: one of its entries is a link, a pipe or a device.
        OSError: the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                raise _not_regular(Path(entry.path), "a link")
            if not entry.is_file(follow_symlinks=False) and not entry.is_dir(follow_symlinks=False):
                raise _not_regular(Path(entry.path), "a pipe or a device")


def _open_descriptor(path: Path, flags: int) -> int:
    """Open a path and check the opened file itself, which the name may no longer mean."""
    descriptor = os.open(path, flags)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise _not_regular(path, "a folder" if stat.S_ISDIR(mode) else "a pipe or a device")
    return descriptor


def _not_regular(path: Path, received: str) -> RunError:
    return RunError(f"{path} is {received}, not a plain file. Remove it or replace it with a copy of the file.")
