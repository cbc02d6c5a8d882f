"""A stream for the readers of archives that limits how much they read: archives declare any sizes."""

import gzip
import io
import os
from typing import BinaryIO

__all__ = ["BoundedStream", "TooLargeError"]

_BLOCK = 512
# Python takes quadratic time for the extended headers of a tar archive.
_LARGEST_HEADER = 1 << 12


class TooLargeError(Exception):
    """An archive makes its reader read more than it may."""


class BoundedStream(io.RawIOBase):
    """A stream that is read up to a total and in pieces of limited size, because archives declare sizes freely."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, *, total: int, single: int) -> None:
        self._stream, self._total, self._single = stream, total, single
        self.last = b""
        self.headers: int | None = None
        """Bytes of extended headers that may still be read; None if content is read."""

    def seekable(self) -> bool:
        """Return True: archives are read by position."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._stream.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position within the total."""
        if whence == os.SEEK_SET and offset > self._total:
            raise TooLargeError(f"more than {self._total:,} bytes")
        return self._stream.seek(offset, whence)

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes; at most one piece."""
        asked = self._single + 1 if size is None or size < 0 else size
        if self.headers is not None and asked > _BLOCK:
            self.headers -= asked
            if asked > _LARGEST_HEADER or self.headers < 0:
                raise TooLargeError("its extended headers are too long")
        if asked > self._single + 1:
            raise TooLargeError(f"a part of it claims {asked:,} bytes")
        self.last = self._stream.read(asked)
        if len(self.last) > self._single or self._stream.tell() > self._total:
            raise TooLargeError(f"more than {self._total:,} bytes")
        return self.last
