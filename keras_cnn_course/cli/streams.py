"""Standard output and standard error that show any text, on any terminal, and end quietly.

Names of files, classes and students come from strangers. Characters in them that would control the terminal are
written as escapes, whichever command prints them. Only `style`, `clear_screen` and `terminal` pass such characters on.

The encoding of a terminal or of a redirected file may lack a letter that a command prints, for example cp1252 on
Windows. Such a letter is written as its code, for example `\\u03c3`. A reader that has seen enough (`| head`) ends the
command without a message, and a full disk is reported like any other error. A stream that is closed (`2>&-`) is opened
to nowhere, so that no file gets its number and with it what TensorFlow prints.
"""

import errno
import io
import os
import re
import secrets
import sys
from typing import Any

import click

from keras_cnn_course.files.printable import printable

__all__ = ["OutputStream", "clear_screen", "prepare_streams", "style", "terminal"]

_CLOSED = (errno.EPIPE, errno.EINVAL, errno.ESHUTDOWN)  # Windows reports a closed pipe as EINVAL
_OWN = f"\x1b{secrets.token_hex(8)}"  # instead of \x1b alone, in this process: no name can contain it
_CONTROLS = re.compile(r"[^\n\t\r\x20-\x7e]|\r(?!\n)")
_COLORS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}


class OutputStream(io.TextIOWrapper):
    """A stream of text whose failures are no failures of the command that writes to it."""

    def write(self, text: str, /) -> int:
        """Write a text, with escapes instead of what would control the terminal."""
        parts = [_CONTROLS.sub(lambda found: printable(found[0]), part) for part in text.split(_OWN)]
        if not self.isatty():
            parts[1:] = [re.sub(r"^\[[0-9;]*m", "", part) for part in parts[1:]]
        self.control(("\x1b" if self.isatty() else "").join(parts))
        return len(text)

    @property
    def terminal(self) -> "_Terminal":
        """The same stream, without escapes; see the function `terminal`."""
        return _Terminal(self)

    def control(self, text: str) -> None:
        """Write a text that may control the terminal."""
        try:
            super().write(text)
        except OSError as error:
            raise self._reported(error) from error

    def flush(self) -> None:
        """Write what is buffered."""
        try:
            super().flush()
        except OSError as error:
            raise self._reported(error) from error

    def _reported(self, error: OSError) -> Exception:
        """Return the error to raise, and write nothing more."""
        self._give_up()
        if error.errno in _CLOSED:
            return click.exceptions.Exit(1)
        return click.ClickException(f"Cannot write the output: {error.strerror or error}.")

    def _give_up(self) -> None:
        """Send everything else to nowhere, so that the end of Python does not try it again."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


class _Terminal:
    """A stream for what draws on the terminal, such as a progress bar."""

    def __init__(self, stream: OutputStream) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text as it is."""
        self._stream.control(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def terminal(stream: Any) -> Any:
    """Return a stream for what draws on the terminal, such as a progress bar. Write no stranger's text to it."""
    return getattr(stream, "terminal", stream)


def style(text: str, *, color: str = "", bold: bool = False) -> str:
    """Return text in a color or in bold, for a terminal that can show it."""
    if not isinstance(sys.stdout, OutputStream):
        return click.style(text, fg=color or None, bold=bold)
    codes = ";".join([*(["1"] if bold else []), *([str(_COLORS[color])] if color else [])])
    return f"{_OWN}[{codes}m{text}{_OWN}[0m"


def clear_screen() -> None:
    """Clear the terminal of standard output."""
    click.echo("\x1b[2J\x1b[1;1H", nl=False, file=terminal(sys.stdout), color=True)


def prepare_streams() -> None:
    """Replace standard output and standard error by streams that show any text."""
    _open_closed_streams()
    sys.stdout = _prepare(sys.stdout)
    sys.stderr = _prepare(sys.stderr)
    if isinstance(sys.stdout, OutputStream):
        sys.__stdout__ = sys.stdout  # type: ignore[misc]  # Python asks it for the width of the terminal


def _open_closed_streams() -> None:
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
            os.set_inheritable(number, True)
    sys.stdin = sys.stdin or open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - open to the end
    sys.stdout = sys.stdout or open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115


def _prepare(stream: object) -> object:
    if type(stream) is not io.TextIOWrapper:  # none, or that of a test or a notebook
        return stream
    encoding, buffering = stream.encoding, stream.line_buffering
    return OutputStream(stream.detach(), encoding=encoding, errors="backslashreplace", line_buffering=buffering)
