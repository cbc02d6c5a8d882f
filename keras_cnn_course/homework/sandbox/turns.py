"""Turns: several threads run sandboxes side by side, and one of them can ask to run its sandbox alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Turns"]


class Turns:
    """Shared by the threads of one grader. Threads that ask to be alone come first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._asking = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Run the body while others may run theirs."""
        with self._changed:
            self._changed.wait_for(lambda: not self._asking)
            self._running += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run the body while no other body runs."""
        with self._changed:
            self._asking += 1
            self._changed.wait_for(lambda: not self._running)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._asking -= 1
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()
