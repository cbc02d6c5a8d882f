"""Running calls side by side: what an executor does, and the one for this machine, with processes."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Any, Protocol, Self

__all__ = ["CallStopped", "Executor", "LocalExecutor"]


class CallStopped(Exception):  # noqa: N818
    """Raised by a call that a signal has stopped. Made again, the call continues where it stopped."""


class Executor(Protocol):
    """Runs calls side by side, each in its own process. A context manager."""

    def __enter__(self) -> Self:
        """Prepare for calls."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls, or stop them after an error; then end all processes."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Call a function as soon as a process is free. The future holds what it returns or raises.

        Args:
            function: a function of a module, which other processes can import.
        """

    def describe(self) -> str:
        """Return in a few words how many calls run at a time, and where."""

    def stop(self) -> None:
        """Begin no more calls, and ask the running ones to end. Asked twice, they end at once."""


class LocalExecutor:
    """Runs calls in processes of this machine.

    Each call has its own process, in a pool of one. A process that crashes or is killed takes no other with it, and its
    future raises `BrokenProcessPool`. On Linux they are forked from a process that has loaded TensorFlow.

    Args:
        jobs: number of processes at a time.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._threads = ThreadPoolExecutor(jobs)
        self._starting, self._stopped = threading.Lock(), False
        self._processes: set[multiprocessing.process.BaseProcess] = set()
        if sys.platform == "linux":
            self._context: Any = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload(["keras_cnn_course.sweeps.preloaded"])
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
        """Return in a few words how many calls run at a time."""
        return f"{self.jobs} at a time on this machine" if self.jobs > 1 else "one after another on this machine"

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Call a function of a module as soon as one of the processes is free."""
        return self._threads.submit(self._call, function, arguments)

    def stop(self) -> None:
        """Begin no more calls, and send SIGTERM to the running ones."""
        with self._starting:
            self._stopped = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            for process in self._processes.intersection(multiprocessing.active_children()):
                process.terminate()

    def _call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Call a function in a new process and wait for it."""
        with ProcessPoolExecutor(1, mp_context=self._context, initializer=_detach) as process:
            with self._starting:  # so that `stop` does not miss a process that starts here
                if self._stopped:
                    raise CancelledError
                others = set(multiprocessing.active_children())  # such as the user's own
                with _without_main_module():
                    future = process.submit(_call, function, arguments)
                self._processes |= set(multiprocessing.active_children()) - others
            return future.result()


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Keep a process that starts here from running the program's own file again, as Python otherwise does.

    A script that makes calls at its top level would make them again in each process. The functions that are called are
    those of modules.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _detach() -> None:
    """Let a new process end with its parent, and keep the terminal's Ctrl-C from it.

    The parent receives the Ctrl-C and asks each of its processes once.
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
            os._exit(1)  # otherwise a pool's process would wait for its next call forever
