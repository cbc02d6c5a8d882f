"""What runs calls side by side, and the engine for this machine: the standard library's processes."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Protocol, Self

__all__ = ["CallStopped", "Executor", "LocalExecutor"]


class CallStopped(Exception):  # noqa: N818
    """Raised by a call that a signal has stopped, and that goes on where it stopped when it is made again."""


class Executor(Protocol):
    """Whatever runs calls side by side, each in a process of its own. A context manager."""

    def __enter__(self) -> Self:
        """Start what is needed."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls, or after an error stop them; then end what was started."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Have a function of a module called as soon as there is room; the future holds what it returns or raises."""

    def describe(self) -> str:
        """Return in a few words how many calls run at a time, and where."""

    def stop(self) -> None:
        """Begin nothing more, and ask what runs to end; asked twice, it ends at once."""


class LocalExecutor:
    """Runs calls in processes of this machine, so many at a time.

    Each call has a process of its own, in a pool of one: a process that crashes or is killed takes no other with it,
    and its future raises `BrokenProcessPool`. Under Linux they are forked from a process that has TensorFlow loaded.

    Args:
        jobs: processes at a time.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._threads = ThreadPoolExecutor(jobs)
        self._starting, self._stopped = threading.Lock(), False
        if sys.platform == "linux":
            self._context: Any = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload(["keras_cnn_course.sweep.preloaded"])
        else:
            self._context = multiprocessing.get_context("spawn")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.stop()
        self._threads.shutdown()

    def describe(self) -> str:
        """Return how many run at a time."""
        return f"{self.jobs} at a time on this machine" if self.jobs > 1 else "one after another on this machine"

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Have a function of a module called as soon as one of the processes is free."""
        return self._threads.submit(self._call, function, arguments)

    def stop(self) -> None:
        """Begin nothing more, and send SIGTERM to what runs."""
        with self._starting:
            self._stopped = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()

    def _call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Call a function in a process of its own and wait for it."""
        with ProcessPoolExecutor(1, mp_context=self._context, initializer=_detach) as process:
            with self._starting:  # a process that starts here is not overlooked by `stop`
                if self._stopped:
                    raise CancelledError
                future = process.submit(_call, function, arguments)
            return future.result()


def _detach() -> None:
    """Make a new process one that ends when its parent does, and that Ctrl-C in the terminal does not reach.

    Its parent gets the Ctrl-C, and asks each of its processes once.
    """
    if hasattr(os, "setsid"):
        os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return function(*arguments)
    finally:
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():
            os._exit(1)  # or a pool's process would wait for its next call, for ever
