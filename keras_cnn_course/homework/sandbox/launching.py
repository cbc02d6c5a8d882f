"""Start and end the processes in which sandboxes live: their command line, their environment, their session."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO

from keras_cnn_course.errors import GraderError
from keras_cnn_course.homework.sandbox.confinement import Limits
from keras_cnn_course.homework.sandbox.server import NOT_CONFINED, Ending
from keras_cnn_course.homework.sandbox.watching import find_excess

__all__ = ["end_session", "kill_session", "make_command", "make_environment", "run_once"]

_POLL_SECONDS = 0.02
_IMPORT_SECONDS = {"numpy": 5, "keras": 40}

# Folders missing from the search path are added before the folder of this package, which the server removes again.
_BEGIN = (
    "import sys; sys.path += [folder for folder in sys.argv[2:4] if folder not in sys.path] + [sys.argv[1]]; "
    "from keras_cnn_course.homework.sandbox import server; server."
)
# Environment variables without which a process cannot start on some systems.
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def make_command(function: str, *arguments: str) -> list[str]:
    """Return the command line of a Python that ignores the current folder, all variables and user settings."""
    folders = [str(Path(__file__).resolve().parents[3]), *map(_library_folder, ("numpy", "keras"))]
    return [sys.executable, "-I", "-c", _BEGIN + function, *folders, *arguments]


def _library_folder(name: str) -> str:
    """Return the folder that a library is installed in, without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise GraderError(f"{name} is not installed. Check the installation with: kcnn doctor")
    return str(Path(found.origin).parents[1])


def make_environment(home: str) -> dict[str, str]:
    """Return a sandbox's environment: none of the grader's variables, since one may hold a secret.

    NumPy gets one thread. TensorFlow gets the CPU only, and the same arithmetic on every processor.
    """
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
    quiet["KERAS_BACKEND"] = "tensorflow"
    places = {"HOME": home, "KERAS_HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8"}
    return {**kept, **dict.fromkeys(names, "1"), **quiet, **places}


def end_session(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and every other process of its session, and wait for its end."""
    kill_session(process)
    process.wait()


def kill_session(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and every other process of its session."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def run_once(kind: str, limits: Limits, files: Sequence[BinaryIO], folder: str, *, stopped: threading.Event) -> Ending:
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
    if code >= 0:  # always under Windows, which has no such signals
        return "exit"
    return "cpu" if code == -signal.SIGXCPU or (is_late and code == -signal.SIGKILL) else "signal"
