"""Valid bytes -> slightly wrong bytes: the ways in which files are damaged, and those in which they are forged."""

import random
import struct
from collections.abc import Callable, Sequence

__all__ = ["mutate"]

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_TOKENS = (b"NaN", b"1e999", b"-1", b"null", b"[", b"{}", b"\x00", b"\xff\xfe", b'"', b"..", b"9" * 5000, b"\x1b[2J")

Change = Callable[[random.Random, bytearray, Sequence[bytes]], None]


def mutate(generator: random.Random, content: bytes, corpus: Sequence[bytes]) -> bytes:
    """Return `content` with one to eight random changes.

    Args:
        generator: decides everything.
        content: a valid file, or one that was changed before.
        corpus: other files of the kind, to take pieces from.

    >>> mutate(random.Random(0), b"0123456789", [b"abc"]) != b"0123456789"
    True
    """
    changed = bytearray(content)
    for _ in range(generator.choice((1, 1, 1, 2, 3, 8))):
        generator.choice(_CHANGES)(generator, changed, corpus)
    return bytes(changed)


def _place(generator: random.Random, content: bytearray) -> int:
    """Return a position, more often near the beginning or the end, where headers and directories are."""
    length = max(1, len(content))
    near = min(generator.randrange(length), generator.randrange(length), 64 + generator.randrange(64))
    return generator.choice((generator.randrange(length), min(near, length - 1), max(0, length - 1 - near)))


def _flip_bit(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    if content:
        content[_place(generator, content)] ^= 1 << generator.randrange(8)


def _set_byte(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    if content:
        content[_place(generator, content)] = generator.randrange(256)


def _set_number(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    """Overwrite what may be a length, in either byte order."""
    packed = struct.pack(generator.choice("<>") + generator.choice("HIQ"), generator.choice(_NUMBERS) & 0xFFFF)
    if generator.random() < 0.7:
        packed = struct.pack(generator.choice("<>") + generator.choice("IQ"), generator.choice(_NUMBERS))
    start = _place(generator, content)
    content[start : start + len(packed)] = packed


def _truncate(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    del content[_place(generator, content) :]


def _remove(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    start = _place(generator, content)
    del content[start : start + generator.choice((1, 2, 4, 16, 64))]


def _repeat(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    start = _place(generator, content)
    piece = content[start : start + generator.choice((1, 4, 16, 256))]
    content[start:start] = piece * generator.choice((1, 2, 50))


def _splice(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    """Go on with another file's bytes."""
    other = generator.choice(corpus)
    start = _place(generator, content)
    piece = other[generator.randrange(len(other) + 1) :]
    content[start : start + generator.choice((0, len(piece)))] = piece


def _insert_token(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    start = _place(generator, content)
    content[start : start + generator.choice((0, 0, 1, 4))] = generator.choice(_TOKENS)


def _zero(generator: random.Random, content: bytearray, corpus: Sequence[bytes]) -> None:
    start = _place(generator, content)
    length = min(generator.choice((2, 8, 64)), len(content) - start)
    content[start : start + length] = bytes(length)


_CHANGES: tuple[Change, ...] = (
    *(_flip_bit, _flip_bit, _set_byte, _set_number, _set_number, _truncate),
    *(_remove, _repeat, _splice, _insert_token, _zero),
)
