"""Standard output and standard error that show any text, on any terminal, and end quietly.

The encoding of a terminal or of a redirected file may lack a letter that a command prints, for example cp1252 on
Windows. Such a letter is written as its code, for example `\\u03c3`. A reader that has seen enough (`| head`) ends the
command without a message, and a full disk is reported like any other error. A stream that is closed (`2>&-`) is opened
to nowhere, so that no file gets its number and with it what TensorFlow prints.
"""

import errno
import io
import os
import sys

import click

__all__ = ["OutputStream", "prepare_streams"]

_CLOSED = (errno.EPIPE, errno.EINVAL, errno.ESHUTDOWN)  # Windows reports a closed pipe as EINVAL


class OutputStream(io.TextIOWrapper):
    """A stream of text whose failures are no failures of the command that writes to it."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        try:
            return super().write(text)
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
