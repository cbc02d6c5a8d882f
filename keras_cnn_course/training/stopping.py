"""Stopping a training from outside: Ctrl-C, and the signal by which a cluster asks a process to end."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["StopRequest", "TrainingStopped"]


class TrainingStopped(KeyboardInterrupt):
    """Training has stopped as asked, after a checkpoint; the message says how to go on.

    Args:
        message: for people.
        exit_code: what a process that ends by that signal exits with, 128 and the signal's number.
    """

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class StopRequest:
    """Whether, and by which signal, the training is asked to stop.

    Args:
        announced: whether the first signal is answered with a line on stderr.
    """

    def __init__(self, *, announced: bool = True) -> None:
        self.announced = announced
        self.signal: int | None = None  # the number of the signal that came

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal, as shells have it: 130 for SIGINT, 143 for SIGTERM."""
        return 128 + (self.signal or signal.SIGINT)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take note of SIGINT and SIGTERM instead of ending at once; a second one ends at once. Main thread only."""
        previous = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        if self.announced:  # print is not safe here: the signal may have come in the middle of another print
            os.write(2, b"\nStopping at the next checkpoint; once more to stop without one.\n")
