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
import socket
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from types import TracebackType
from typing import BinaryIO

from keras_cnn_course.errors import GraderError
from keras_cnn_course.homework.sandbox.confinement import Limits
from keras_cnn_course.homework.sandbox.launching import (
    end_session,
    kill_session,
    make_command,
    make_environment,
    run_once,
)
from keras_cnn_course.homework.sandbox.messages import LONGEST_PRINTED, Job, JobOutcome, printable, read_outcome
from keras_cnn_course.homework.sandbox.server import READY, Ending
from keras_cnn_course.homework.sandbox.turns import Turns

__all__ = ["Sandboxes", "can_fork"]

_KILLED = 9  # SIGKILL on systems with signals; if system calls are filtered, only the system can send it
# Endings for which another sandbox may be the reason: it took the processor, or the last threads of a container.
_DOUBTFUL = ("cpu", "wall", "signal")
_START_SECONDS = 180.0
_GRACE_SECONDS = 20.0
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
        turns: shared with the other threads that run sandboxes at the same time; None if there are none.
    """

    def __init__(self, *, warm: bool | None = None, turns: Turns | None = None) -> None:
        self._turns = turns
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
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    @property
    def server_pids(self) -> dict[str, int]:
        """Process ids of the running servers, by the kind of job."""
        return {kind: server.pid for kind, server in self._servers.items() if not server.is_closed}

    def run(self, job: Job) -> JobOutcome:
        """Run a job to its end and return its outcome.

        A job that runs beside others and fails for want of time, or because of the grader, is repeated alone. So its
        outcome does not depend on what the others do.

        Raises:
            GraderError: no sandbox could be started or watched, or the system refuses to isolate it.
        """
        if self._turns is None:
            return self._run(job)
        with self._turns.together(), suppress(GraderError):
            outcome = self._run(job)
            if outcome.ending.reason not in _DOUBTFUL:
                return outcome
        with self._turns.alone():
            return self._run(job)

    def _run(self, job: Job) -> JobOutcome:
        """Run a job once."""
        with ExitStack() as stack:
            files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kcnn-sandbox-"))
            request, reply, printed = files
            request.write(job.encode())
            request.seek(0)
            if self._warm:
                ending = self._find_server(job.kind).run(job.limits, files, folder)
            else:
                ending = run_once(job.kind, job.limits, files, folder, stopped=self._stopped)
            _check_ending(ending)
            reply.seek(0)
            printed.seek(0)
            return read_outcome(
                reply.read(job.limits.output), printed.read(LONGEST_PRINTED), ending, calls=len(job.calls)
            )

    def _find_server(self, kind: str) -> "_ServerProcess":
        """Return the server for a kind of job; start one if there is none or the last one failed."""
        if self._stopped.is_set():
            raise GraderError("Grading was stopped.")
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
