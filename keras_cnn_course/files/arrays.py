"""Reading NumPy arrays from files that somebody else may have made.

`numpy.load` trusts a file: it allocates what a header claims, and an archive may unpack to any size. The readers here
never take more memory than the limit, read plain numbers only and no pickled objects, and report whatever is wrong with
the bytes as one error. Student code runs next to this module, so it imports NumPy and the standard library alone.
"""

import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

__all__ = ["ArrayFileError", "read_npy", "read_npz", "read_up_to"]

_NUMBERS = "biuf"
_PIECE = 16 * 2**20
# What zipfile, zlib and NumPy raise for bytes that are not what was written. The header of an array is a Python
# literal, so anything that can be wrong with Python can be wrong with it.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, MemoryError),
    *(ValueError, TypeError, LookupError, ArithmeticError, SyntaxError, tokenize.TokenError),
)


class ArrayFileError(Exception):
    """The bytes are not arrays of plain numbers, or too large; the message gives the reason."""


def read_npz(
    stream: BinaryIO,
    *,
    limit: int,
    names: Sequence[str] = (),
    optional: Sequence[str] = (),
    stored: bool = False,
    kinds: str = _NUMBERS,
) -> dict[str, np.ndarray]:
    """Read arrays from an .npz archive.

    Args:
        stream: the archive, opened for reading.
        limit: number of bytes that the arrays may take together.
        names: the arrays to read, which must be there; all when empty.
        optional: further arrays, read where they are there.
        stored: refuse compressed arrays, so that the arrays take no more memory than the file has bytes.
        kinds: the permitted kinds of dtype, as in `numpy.dtype.kind`.

    Raises:
        ArrayFileError: the archive is damaged or too large, lacks an array, or holds something else than numbers.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            missing = [name for name in names if name not in members]
            if missing:
                found = ", ".join(map(_printable, list(members)[:10])) or "no arrays"
                raise ArrayFileError(f"it lacks {', '.join(missing)}; found {found}")
            chosen = {name: members[name] for name in (*names, *optional) or members if name in members}
            _check_members(list(chosen.values()), limit=limit, stored=stored)
            return {name: _read_member(archive, info, kinds=kinds) for name, info in chosen.items()}
    except _DAMAGED as error:
        raise ArrayFileError(_describe(error)) from error


def read_npy(stream: Any, *, limit: int, kinds: str = _NUMBERS, name: str = "the array") -> np.ndarray:
    """Read one array in the .npy format from the current position of a binary stream.

    Args:
        stream: has a method `read`.
        limit: number of bytes that the array may take.
        kinds: the permitted kinds of dtype, as in `numpy.dtype.kind`.
        name: what the error calls the array.

    Returns:
        An array that can be changed.

    Raises:
        ArrayFileError: the bytes are damaged, incomplete, too many, or not plain numbers.
    """
    try:
        shape, fortran_order, dtype = _read_header(stream, name)
        if dtype.kind not in kinds or dtype.hasobject or dtype.names or dtype.shape:
            raise ArrayFileError(f"{name} holds {dtype}, not plain numbers")
        if len(shape) > 32 or any(type(length) is not int or length < 0 for length in shape):
            raise ArrayFileError(f"{name} has the impossible shape {str(shape)[:80]}")
        size = math.prod(shape) * dtype.itemsize
        if size > limit:
            raise ArrayFileError(
                f"{name} claims {_format_size(size)} for the shape {shape}; the limit is {_format_size(limit)}"
            )
        content = read_up_to(stream, size)
        if len(content) < size:
            raise ArrayFileError(f"{name} ends after {len(content):,} of {size:,} bytes")
        return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran_order else "C")
    except _DAMAGED as error:
        raise ArrayFileError(f"{name} is damaged: {_describe(error)}") from error


def read_up_to(stream: Any, size: int) -> bytearray:
    """Read `size` bytes, or fewer at the end of the stream, in pieces, so that a false claim takes no memory."""
    content = bytearray()
    while len(content) < size:
        piece = stream.read(min(_PIECE, size - len(content)))
        if not piece:
            break
        content += piece
    return content


def _read_header(stream: Any, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return the shape, the memory order and the dtype that a .npy header claims."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd literals in the header: it is a stranger's
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(stream)
        if version == (2, 0):
            return np.lib.format.read_array_header_2_0(stream)
    raise ArrayFileError(
        f"{name} has version {version[0]}.{version[1]} of the .npy format; only 1.0 and 2.0 can be read"
    )


def _check_members(members: Sequence[zipfile.ZipInfo], *, limit: int, stored: bool) -> None:
    """Check what an archive claims about its members before anything is unpacked."""
    for info in members:
        if info.compress_type != zipfile.ZIP_STORED and (stored or info.compress_type != zipfile.ZIP_DEFLATED):
            raise ArrayFileError(f"{_printable(info.filename)} is compressed in an unexpected way")
    size = sum(info.file_size for info in members)
    if size > limit:
        raise ArrayFileError(f"it unpacks to {_format_size(size)}; the limit is {_format_size(limit)}")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, kinds: str) -> np.ndarray:
    """Read one array and check that nothing follows it, which also lets zipfile compare the CRC-32."""
    name = _printable(info.filename)
    with archive.open(info) as stream:
        array = read_npy(stream, limit=info.file_size, kinds=kinds, name=name)
        if stream.read(1):
            raise ArrayFileError(f"{name} is followed by more bytes")
        return array


def _describe(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__


def _printable(name: str) -> str:
    """Return a name from the file so that a terminal shows it and does not obey it."""
    return name[:60] if name.isprintable() else ascii(name[:60])


def _format_size(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size:,} bytes"
