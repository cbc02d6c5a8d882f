"""The process that starts sandboxes: it has imported the libraries, and forks a fresh worker for every job.

Started by `client`, as `python -I` with a clean environment. Importing TensorFlow takes seconds and a fork
milliseconds; no thread runs before the first operation, so the fork is safe. The server itself never runs student
code. Where there is no such fork, it does one job in its own process and ends.

A job arrives as JSON with its limits, and three open files: request, reply, and what is printed. The answer is JSON.
"""

import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from keras_cnn_course.homework.sandbox.confinement import (
    Limits,
    adopt_orphans,
    end_with_parent,
    give_up_rights,
    limit_resources,
)

__all__ = ["NOT_CONFINED", "READY", "Ending", "serve", "work_once"]

READY = b"ready"
NOT_CONFINED = 71
"""Exit code of a worker that could not give up what it should, and has not run student code.

Student code can end with it too, and only hurts itself: no mark is given then. A fork has a surer sign, a pipe.
"""

_POLL_SECONDS = 0.05
_LONGEST_MESSAGE = 1 << 16
_ORPHAN_SECONDS = 10.0
_PACKAGE = __name__.partition(".")[0]
_Begin = Callable[[bytes, BinaryIO], None]


@dataclass(frozen=True)
class Ending:
    """How a worker ended.

    Args:
        reason: `exit`, `signal`, `cpu` (computed too long), `wall` (took too long), `memory`, or `unconfined` (the
            system refused what isolation needs, and no student code was run).
        code: exit code or signal.
        seconds: until it ended.
        memory: bytes resident at most.
    """

    reason: str
    code: int
    seconds: float
    memory: int


def serve(kind: str, control: int) -> None:
    """Answer jobs on a socket until it is closed.

    Args:
        kind: `numpy` or `keras`: what to import beforehand.
        control: file descriptor of a Unix socket that keeps messages apart.
    """
    end_with_parent()
    adopt_orphans()
    begin = _import_libraries(kind)
    with socket.socket(fileno=control) as channel:
        channel.send(READY)
        while True:
            message, files, _, _ = socket.recv_fds(channel, _LONGEST_MESSAGE, 3)
            if not message:
                return
            job = json.loads(message)
            ending = _run_forked(begin, files, limits=Limits(**job["limits"]), folder=job["folder"])
            for file in files:
                os.close(file)
            channel.send(json.dumps(asdict(ending)).encode())


def work_once(kind: str, limits: str) -> None:
    """Do one job in this process: its request is stdin, its reply stdout, and what is printed goes to stderr.

    Args:
        kind: `numpy` or `keras`.
        limits: as JSON.
    """
    limit_resources(Limits(**json.loads(limits)))
    begin = _import_libraries(kind)
    try:
        give_up_rights()
    except OSError:
        os._exit(NOT_CONFINED)
    _work(begin)


def _import_libraries(kind: str) -> _Begin:
    """Import all that a job needs, this package's part too, which cannot be read later; return what does a job."""
    from keras_cnn_course.homework.sandbox.running import run_job

    if kind == "keras":
        from keras_cnn_course.homework.sandbox.keras_drivers import DRIVERS, prepare

        return partial(run_job, drivers=DRIVERS, prepare=prepare)
    import numpy

    return partial(run_job, drivers={}, prepare=numpy.random.seed)


def _run_forked(begin: _Begin, files: list[int], *, limits: Limits, folder: str) -> Ending:
    """Fork a worker, watch it, and leave nothing of it."""
    began = time.monotonic()
    is_confined, confined = os.pipe()
    worker = os.fork()
    if worker == 0:
        try:
            _become_worker(begin, [*files, confined], limits=limits, folder=folder)
        finally:  # whatever happened: this is not the server
            os._exit(NOT_CONFINED)
    os.close(confined)
    reason = _watch(worker, limits)
    _, status, usage = os.wait4(worker, 0)
    _end_group(worker)
    _end_orphans()
    with os.fdopen(is_confined, "rb") as pipe:
        if not pipe.read(1):  # it was closed before student code could write to it
            reason = "unconfined"
    code = os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    if not reason and os.WIFSIGNALED(status):
        # Who ignores the first signal gets SIGKILL. The kernel counts ticks there, and exact times here.
        is_late = code == signal.SIGKILL and usage.ru_utime + usage.ru_stime > limits.cpu_seconds / 2
        reason = "cpu" if code == signal.SIGXCPU or is_late else "signal"
    return Ending(reason or "exit", code, time.monotonic() - began, usage.ru_maxrss * 1024)


def _become_worker(begin: _Begin, files: list[int], *, limits: Limits, folder: str) -> None:
    """Turn this fork into a worker with three open files and nothing else, and do the job.

    Args:
        begin: does the job.
        files: request, reply, what is printed; and a pipe, on which a byte says that this worker is confined.
        limits: what it may use.
        folder: to be in.
    """
    end_with_parent()
    os.setsid()
    os.chdir(folder)
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(len(files), os.sysconf("SC_OPEN_MAX"))
    limit_resources(limits)
    give_up_rights()
    confined = len(files) - 1
    os.write(confined, b"1")
    os.close(confined)
    _work(begin)


def _work(begin: _Begin) -> None:
    """Read the request from stdin, answer on what was stdout, print to what was stderr, and end at once."""
    with os.fdopen(0, "rb", closefd=False) as stream:
        request = stream.read()
    with os.fdopen(os.dup(1), "wb") as reply:
        os.dup2(2, 1)
        sys.stdout = sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _forget_this_package()
        begin(request, reply)
        sys.stdout.flush()
        # Not by the ordinary way out, on which functions of the student's could be called once more.
        os._exit(0)


def _forget_this_package() -> None:
    """Let student code import nothing of this package that happens to be loaded already."""
    for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]:
        del sys.modules[name]
    # The client has put it at the end; where the package is installed, the libraries' own entry stays.
    last = len(sys.path) - 1 - sys.path[::-1].index(str(Path(__file__).resolve().parents[3]))
    del sys.path[last]


def _watch(worker: int, limits: Limits) -> str:
    """Wait until a worker ends, or end it; return which limit was passed, or nothing."""
    deadline = time.monotonic() + limits.wall_seconds
    handle = os.pidfd_open(worker)
    try:
        while not select.select([handle], [], [], _POLL_SECONDS)[0]:
            passed = "wall" if time.monotonic() > deadline else "memory" if _resident(worker) > limits.memory else ""
            if passed:
                os.kill(worker, signal.SIGKILL)
                return passed
    finally:
        os.close(handle)
    return ""


def _resident(process: int) -> int:
    """Return the bytes of memory that a process has; 0 when it has just ended."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def _end_group(worker: int) -> None:
    """Kill what is left of a worker's session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, signal.SIGKILL)


def _end_orphans() -> None:
    """Kill what a worker has left behind: all children that this process still has.

    Raises:
        TimeoutError: they come faster than they go.
    """
    deadline = time.monotonic() + _ORPHAN_SECONDS
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    with suppress(ChildProcessError):
        while True:
            for child in children.read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            os.waitpid(-1, 0)
            if time.monotonic() > deadline:
                raise TimeoutError("student code left processes that could not be ended")
