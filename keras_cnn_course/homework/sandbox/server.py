"""The process that starts sandboxes: it has imported the libraries and forks a fresh sandbox for every job.

`sandboxes` starts it as `python -I` with a clean environment. Importing TensorFlow takes seconds, a fork milliseconds.
No thread runs before TensorFlow's first operation, so the fork is safe. The server itself never runs student code. On
systems without such a fork, it runs one job in its own process and exits.

A job arrives as JSON with its limits and three open files: the request, the reply, and the printed text. The answer is
JSON too.
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
from keras_cnn_course.homework.sandbox.watching import find_excess

__all__ = ["NOT_CONFINED", "READY", "Ending", "serve", "work_once"]

READY = b"ready"
NOT_CONFINED = 71
"""Exit code of a sandbox that could not be confined and therefore has not run student code.

Student code can exit with this code too, but then it gets no mark. A forked sandbox has a more reliable sign, a pipe.
"""

_POLL_SECONDS = 0.02
_LONGEST_MESSAGE = 1 << 16
_ORPHAN_SECONDS = 10.0
_PACKAGE = __name__.partition(".")[0]
_RunJob = Callable[[bytes, BinaryIO], None]


@dataclass(frozen=True)
class Ending:
    """How a sandbox ended.

    Args:
        reason: `exit`, `signal`, `cpu` (too much CPU time), `wall` (waited too long), `memory`, `threads`, `unconfined`
            (the system refused to isolate it), or `unstarted` (the system refused to start it). In the last two cases
            no student code was run.
        code: exit code or signal.
        seconds: its run time.
        memory: largest resident memory in bytes.
    """

    reason: str
    code: int
    seconds: float
    memory: int


def serve(kind: str, control: int, grader: int) -> None:
    """Run jobs from a socket until it is closed.

    Args:
        kind: the libraries to import first: `numpy` or `keras`.
        control: file descriptor of a Unix socket that preserves message boundaries.
        grader: process id of the grader, with which this process ends.
    """
    end_with_parent(grader)
    adopt_orphans()
    run = _import_libraries(kind)
    with socket.socket(fileno=control) as channel:
        channel.send(READY)
        while True:
            message, files, _, _ = socket.recv_fds(channel, _LONGEST_MESSAGE, 3)
            if not message:
                return
            job = json.loads(message)
            ending = _run_forked(run, files, limits=Limits(**job["limits"]), folder=job["folder"])
            for file in files:
                os.close(file)
            channel.send(json.dumps(asdict(ending)).encode())


def work_once(kind: str, limits: str, grader: int) -> None:
    """Run one job in this process: read the request from stdin, write the reply to stdout and printed text to stderr.

    Args:
        kind: `numpy` or `keras`.
        limits: as JSON.
        grader: process id of the grader, with which this process ends.
    """
    end_with_parent(grader)
    limit_resources(Limits(**json.loads(limits)))
    run = _import_libraries(kind)
    try:
        give_up_rights()
    except OSError:
        os._exit(NOT_CONFINED)
    _work(run)


def _import_libraries(kind: str) -> _RunJob:
    """Import everything that a job needs, since the sandbox cannot read it later; return what runs a job."""
    from keras_cnn_course.homework.sandbox.running import run_job

    if kind == "keras":
        from keras_cnn_course.homework.sandbox.keras_drivers import DRIVERS, prepare

        return partial(run_job, drivers=DRIVERS, prepare=prepare)
    import numpy

    return partial(run_job, drivers={}, prepare=numpy.random.seed)


def _run_forked(run: _RunJob, files: list[int], *, limits: Limits, folder: str) -> Ending:
    """Fork a sandbox, watch it, and clean up after it."""
    began = time.monotonic()
    is_confined, confined = os.pipe()
    server = os.getpid()
    try:
        sandbox = os.fork()
    except OSError as error:
        os.close(is_confined)
        os.close(confined)
        return Ending("unstarted", error.errno or 0, time.monotonic() - began, 0)
    if sandbox == 0:
        try:
            end_with_parent(server)
            _become_sandbox(run, [*files, confined], limits=limits, folder=folder)
        finally:  # whatever happened, this process must not continue as the server
            os._exit(NOT_CONFINED)
    os.close(confined)
    reason = _watch(sandbox, limits)
    _, status, usage = os.wait4(sandbox, 0)
    _end_group(sandbox)
    _end_orphans()
    with os.fdopen(is_confined, "rb") as pipe:
        if not pipe.read(1):  # student code cannot write here: the pipe is closed before it runs
            reason = "unconfined"
    code = os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    if not reason and os.WIFSIGNALED(status):
        # A process that ignores SIGXCPU gets SIGKILL. The kernel counts its limit in ticks, but usage exactly.
        is_late = code == signal.SIGKILL and usage.ru_utime + usage.ru_stime > limits.cpu_seconds / 2
        reason = "cpu" if code == signal.SIGXCPU or is_late else "signal"
    return Ending(reason or "exit", code, time.monotonic() - began, usage.ru_maxrss * 1024)


def _become_sandbox(run: _RunJob, files: list[int], *, limits: Limits, folder: str) -> None:
    """Turn this fork into a sandbox with three open files and nothing else, and run the job.

    Args:
        files: the request, the reply, the printed text, and a pipe for one byte that reports successful confinement.
        folder: the working folder.
    """
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
    _work(run)


def _work(run: _RunJob) -> None:
    """Run the job on stdin, reply on the original stdout, send printed text to the original stderr, and exit."""
    with os.fdopen(0, "rb", closefd=False) as stream:
        request = stream.read()
    with os.fdopen(os.dup(1), "wb") as reply:
        os.dup2(2, 1)
        sys.stdout = sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _forget_this_package()
        run(request, reply)
        sys.stdout.flush()
        # A normal exit could call functions that student code has registered.
        os._exit(0)


def _forget_this_package() -> None:
    """Remove this package from `sys.modules` and `sys.path`, so that student code cannot import it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]:
        del sys.modules[name]
    # `sandboxes` added it at the end. If the package is installed among the libraries, their own entry stays.
    last = len(sys.path) - 1 - sys.path[::-1].index(str(Path(__file__).resolve().parents[3]))
    del sys.path[last]


def _watch(sandbox: int, limits: Limits) -> str:
    """Wait for a sandbox to end, or kill it; return the limit that it exceeded, or an empty string."""
    began = time.monotonic()
    handle = os.pidfd_open(sandbox)
    try:
        while not select.select([handle], [], [], _POLL_SECONDS)[0]:
            exceeded = find_excess(sandbox, limits, time.monotonic() - began)
            if exceeded:
                os.kill(sandbox, signal.SIGKILL)
                return exceeded
    finally:
        os.close(handle)
    return ""


def _end_group(sandbox: int) -> None:
    """Kill the remaining processes of a sandbox's session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(sandbox, signal.SIGKILL)


def _end_orphans() -> None:
    """Kill the processes that a sandbox left behind: all remaining children of this process.

    Raises:
        TimeoutError: new ones appear faster than they can be killed.
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
                raise TimeoutError("student code left processes that could not be killed")
