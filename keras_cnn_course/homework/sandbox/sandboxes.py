"""Sandboxes as the grader uses them: send a job, wait for its end, read the arrays that came back.

>>> from keras_cnn_course.homework.sandbox.messages import Call, Job
>>> sources = {"mine": "def twice(number): return 2 * number"}
>>> with Sandboxes() as sandboxes:
...     outcome = sandboxes.run(Job("numpy", "mine", sources, (Call("twice", (4,)),)))
>>> outcome.calls[0].arrays[0].item()
8
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from types import TracebackType
from typing import BinaryIO

from keras_cnn_course.errors import GraderError
from keras_cnn_course.homework.sandbox.confinement import Limits
from keras_cnn_course.homework.sandbox.launching import end_session, kill_session, make_command, make_environment
from keras_cnn_course.homework.sandbox.messages import LONGEST_PRINTED, Job, JobOutcome, printable, read_outcome
from keras_cnn_course.homework.sandbox.server import NOT_CONFINED, READY, Ending
from keras_cnn_course.homework.sandbox.watching import find_excess

__all__ = ["Sandboxes", "can_fork"]

_KILLED = 9  # SIGKILL on systems with signals; if system calls are filtered, only the system can send it
_START_SECONDS = 180.0
_GRACE_SECONDS = 20.0
_POLL_SECONDS = 0.02
_IMPORT_SECONDS = {"numpy": 5, "keras": 40}
_LONGEST_ANSWER = 4096
_LONGEST_LOG = 1 << 20


def can_fork() -> bool:
    """Return whether a server can fork sandboxes on this system and watch them: Linux 5.3 and newer."""
    if not hasattr(os, "pidfd_open"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


class Sandboxes:
    """Run each job in a fresh sandbox. A context manager, for one thread only; any other may call `stop`.

    Args:
        warm: keep one server per kind of job and let it fork the sandboxes. None: do so if the system can.
    """

    def __init__(self, *, warm: bool | None = None) -> None:
        self._warm = can_fork() if warm is None else warm
        self._servers: dict[str, _ServerProcess] = {}
        self._stopped = threading.Event()

    def __enter__(self) -> "Sandboxes":
        """Start nothing yet: a server starts with its first job."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the servers."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()

    def stop(self) -> None:
        """End the running job and start no other: `run` raises GraderError from now on."""
        self._stopped.set()
        for server in list(self._servers.values()):
            server.kill()

    @property
    def server_pids(self) -> dict[str, int]:
        """Process ids of the running servers, by the kind of job."""
        return {kind: server.pid for kind, server in self._servers.items() if not server.is_closed}

    def run(self, job: Job) -> JobOutcome:
        """Run a job to its end and return its outcome.

        Raises:
            GraderError: no sandbox could be started or watched, or the system refuses to isolate it.
        """
        with ExitStack() as stack:
            files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kcnn-sandbox-"))
            request, reply, printed = files
            request.write(job.encode())
            request.seek(0)
            if self._warm:
                ending = self._find_server(job.kind).run(job.limits, files, folder)
            else:
                ending = _run_once(job.kind, job.limits, files, folder, stopped=self._stopped)
            _check_ending(ending)
            reply.seek(0)
            printed.seek(0)
            return read_outcome(
                reply.read(job.limits.output), printed.read(LONGEST_PRINTED), ending, calls=len(job.calls)
            )

    def _find_server(self, kind: str) -> "_ServerProcess":
        """Return the server for a kind of job; start one if there is none or the last one failed."""
        server = self._servers.get(kind)
        if server is None or server.is_closed:
            self._servers[kind] = _ServerProcess(kind)
        if self._stopped.is_set():
            raise GraderError("Grading was stopped.")
        return self._servers[kind]


def _check_ending(ending: Ending) -> None:
    """Check that a sandbox ended because of its own code.

    Raises:
        GraderError: the system refused to start or confine it, or killed it.
    """
    if ending.reason == "unstarted":
        raise GraderError(
            f"The operating system refused to start a process for student code: {os.strerror(ending.code)}. "
            "It may allow too few processes: use fewer --jobs, or raise the limit of the container (--pids-limit)."
        )
    if ending.reason == "unconfined":
        raise GraderError(
            "The operating system refused to confine student code, so none was run. Check this machine with: "
            "kcnn homework doctor"
        )
    if ending.reason == "signal" and ending.code == _KILLED:
        raise GraderError(
            "The operating system killed the process that ran student code. The machine may be out of memory: "
            "use fewer --jobs."
        )


class _ServerProcess:
    """A process that has imported the libraries for one kind of job, and forks a sandbox for each.

    Args:
        kind: `numpy` or `keras`.

    Raises:
        GraderError: it does not start.
    """

    def __init__(self, kind: str) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="kcnn-server-")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                make_command(
                    "serve(sys.argv[4], *map(int, sys.argv[5:]))", kind, str(theirs.fileno()), str(os.getpid())
                ),
                env=make_environment(self._home.name),
                cwd=self._home.name,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        try:
            ready = self._receive(_START_SECONDS) == READY
        except OSError:
            ready = False
        if not ready:
            reason = self._describe_end()
            self.close()
            raise GraderError(f"The sandbox server did not start: {reason}. Check this machine with: kcnn doctor")

    def run(self, limits: Limits, files: Sequence[BinaryIO], folder: str) -> Ending:
        """Run a job in a fork with three open files: the request, the reply, and the printed text.

        Raises:
            GraderError: no answer came; the server can no longer be used.
        """
        message = json.dumps({"limits": asdict(limits), "folder": folder}).encode()
        try:
            socket.send_fds(self._channel, [message], [file.fileno() for file in files])
            return Ending(**json.loads(self._receive(limits.deadline + _GRACE_SECONDS)))
        except (OSError, ValueError) as error:
            reason = self._describe_end()
            self.close()
            raise GraderError(f"The sandbox server stopped answering: {reason}. Run the command again.") from error

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_closed(self) -> bool:
        """Whether the process was stopped."""
        return self._channel.fileno() < 0

    def close(self) -> None:
        """Stop the process and, with it, its sandboxes."""
        if self.is_closed:
            return
        self._channel.close()
        end_session(self._process)
        self._log.close()
        self._home.cleanup()

    def kill(self) -> None:
        """Kill the process from another thread; its sandboxes end with it."""
        if not self.is_closed:
            kill_session(self._process)

    def _receive(self, seconds: float) -> bytes:
        self._channel.settimeout(seconds)
        return self._channel.recv(_LONGEST_ANSWER)

    def _describe_end(self) -> str:
        """Return why the process no longer answers: its own exception, or how it ended."""
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it is still running but did not answer in time"
        if code == -_KILLED:
            return "the operating system killed it, perhaps because memory ran out"
        self._log.seek(0)
        log = self._log.read(_LONGEST_LOG).decode("utf-8", "replace")
        if code == 1 and "Traceback (most recent call last)" in log:  # any other line may be a library's notice
            return printable(log.strip().splitlines()[-1].rstrip("."))
        return f"it ended with signal {-code}" if code < 0 else f"it ended with exit code {code}"


def _run_once(kind: str, limits: Limits, files: Sequence[BinaryIO], folder: str, *, stopped: threading.Event) -> Ending:
    """Run a job in a process that first has to import everything, and gets extra time for that.

    Raises:
        GraderError: grading was stopped.
    """
    began = time.monotonic()
    extra = _IMPORT_SECONDS[kind]
    limits = replace(limits, cpu_seconds=limits.cpu_seconds + extra, wall_seconds=limits.wall_seconds + 3.0 * extra)
    process = subprocess.Popen(
        make_command("work_once(*sys.argv[4:6], int(sys.argv[6]))", kind, json.dumps(asdict(limits)), str(os.getpid())),
        env=make_environment(folder),
        cwd=folder,
        stdin=files[0],
        stdout=files[1],
        stderr=files[2],
        start_new_session=True,
    )
    try:
        while (code := _wait(process)) is None:
            exceeded = find_excess(process.pid, limits, time.monotonic() - began)
            if exceeded:
                return Ending(exceeded, 0, time.monotonic() - began, 0)
            if stopped.is_set():
                raise GraderError("Grading was stopped.")
    finally:
        end_session(process)
    seconds = time.monotonic() - began
    return Ending(_reason(code, is_late=seconds > limits.cpu_seconds), abs(code), seconds, 0)


def _wait(process: "subprocess.Popen[bytes]") -> int | None:
    """Return the exit code of a process; None if it is still running after a moment."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(timeout=_POLL_SECONDS)
    return None


def _reason(code: int, *, is_late: bool) -> str:
    """Return why a process ended, from `subprocess`'s return code."""
    if code == NOT_CONFINED:
        return "unconfined"
    if code == -getattr(signal, "SIGXCPU", 0) or (is_late and code == -getattr(signal, "SIGKILL", 0)):
        return "cpu"
    return "signal" if code < 0 else "exit"
