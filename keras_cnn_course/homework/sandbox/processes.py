"""Starting the processes that student code runs in: clean, in a session of their own, ended for certain."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO

from keras_cnn_course.errors import GraderError
from keras_cnn_course.homework.sandbox.confinement import Limits
from keras_cnn_course.homework.sandbox.server import NOT_CONFINED, READY, Ending

__all__ = ["Server", "can_fork", "run_once"]

_START_SECONDS = 180.0
_GRACE_SECONDS = 20.0
_IMPORT_SECONDS = {"numpy": 5, "keras": 40}
_LONGEST_ANSWER = 4096
# What the libraries' folders lack is put before the folder of this package, which the server takes away again.
_BEGIN = (
    "import sys; sys.path += [folder for folder in sys.argv[2:4] if folder not in sys.path] + [sys.argv[1]]; "
    "from keras_cnn_course.homework.sandbox import server; server."
)
# What a process needs of its environment to start at all, on one system or another.
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def can_fork() -> bool:
    """Return whether a server can fork workers here and watch them: Linux 5.3 and newer."""
    if not hasattr(os, "pidfd_open"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


class Server:
    """A process that has imported what jobs of one kind need, and forks a worker for each.

    Args:
        kind: `numpy` or `keras`.

    Raises:
        GraderError: it does not start.
    """

    def __init__(self, kind: str) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="kcnn-server-")
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                _command("serve(sys.argv[4], int(sys.argv[5]))", kind, str(theirs.fileno())),
                env=_environment(self._home.name),
                cwd=self._home.name,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        try:
            ready = self._receive(_START_SECONDS) == READY
        except OSError:
            ready = False
        if not ready:
            reason = self._last_words()
            self.close()
            raise GraderError(f"Expected the process that starts workers to begin. Received: {reason}.")

    def run(self, limits: Limits, files: Sequence[BinaryIO], folder: str) -> Ending:
        """Run a job in a fork, with three open files: request, reply, and what is printed.

        Raises:
            GraderError: no answer came; the server is of no more use.
        """
        message = json.dumps({"limits": asdict(limits), "folder": folder}).encode()
        try:
            socket.send_fds(self._channel, [message], [file.fileno() for file in files])
            return Ending(**json.loads(self._receive(limits.wall_seconds + _GRACE_SECONDS)))
        except (OSError, ValueError) as error:
            reason = self._last_words()
            self.close()
            raise GraderError(f"Expected the process that starts workers to answer. Received: {reason}.") from error

    @property
    def is_closed(self) -> bool:
        """Whether the process was ended."""
        return self._channel.fileno() < 0

    def close(self) -> None:
        """End the process; its workers end with it."""
        if self.is_closed:
            return
        self._channel.close()
        _end_session(self._process)
        self._words.close()
        self._home.cleanup()

    def _receive(self, seconds: float) -> bytes:
        self._channel.settimeout(seconds)
        return self._channel.recv(_LONGEST_ANSWER)

    def _last_words(self) -> str:
        """Return the last line that the process wrote."""
        self._words.seek(0)
        lines = self._words.read().decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")


def run_once(kind: str, limits: Limits, files: Sequence[BinaryIO], folder: str) -> Ending:
    """Run a job in a process that has to import everything first, for which it gets time of its own."""
    began = time.monotonic()
    extra = _IMPORT_SECONDS[kind]
    limits = replace(limits, cpu_seconds=limits.cpu_seconds + extra, wall_seconds=limits.wall_seconds + 3.0 * extra)
    process = subprocess.Popen(
        _command("work_once(sys.argv[4], sys.argv[5])", kind, json.dumps(asdict(limits))),
        env=_environment(folder),
        cwd=folder,
        stdin=files[0],
        stdout=files[1],
        stderr=files[2],
        start_new_session=True,
    )
    try:
        code = process.wait(timeout=limits.wall_seconds)
    except subprocess.TimeoutExpired:
        return Ending("wall", 0, time.monotonic() - began, 0)
    finally:
        _end_session(process)
    seconds = time.monotonic() - began
    return Ending(_reason(code, is_late=seconds > limits.cpu_seconds), abs(code), seconds, 0)


def _reason(code: int, *, is_late: bool) -> str:
    """Return why a process ended, from the code that `subprocess` gives."""
    if code == NOT_CONFINED:
        return "unconfined"
    if code == -getattr(signal, "SIGXCPU", 0) or (is_late and code == -getattr(signal, "SIGKILL", 0)):
        return "cpu"
    return "signal" if code < 0 else "exit"


def _command(function: str, *arguments: str) -> list[str]:
    """Return the command line of a Python that reads neither the current folder nor any variable or user setting."""
    folders = [str(Path(__file__).resolve().parents[3]), *map(_library_folder, ("numpy", "keras"))]
    return [sys.executable, "-I", "-c", _BEGIN + function, *folders, *arguments]


def _library_folder(name: str) -> str:
    """Return the folder that a library was installed into, without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise GraderError(f"Expected {name} to be installed. Received: no such package. See: kcnn doctor")
    return str(Path(found.origin).parents[1])


def _environment(home: str) -> dict[str, str]:
    """Return the variables of a worker: none of the grader's, in which a secret may stand.

    One thread for NumPy, the processor alone, and the same arithmetic on every processor for TensorFlow.
    """
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
    quiet["KERAS_BACKEND"] = "tensorflow"
    places = {"HOME": home, "KERAS_HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8"}
    return {**kept, **dict.fromkeys(names, "1"), **quiet, **places}


def _end_session(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process with all others of its session."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
