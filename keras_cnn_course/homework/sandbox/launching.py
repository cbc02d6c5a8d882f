"""Start and end the processes in which sandboxes live: their command line, their environment, their session."""

import importlib.util
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from keras_cnn_course.errors import GraderError

__all__ = ["end_session", "kill_session", "make_command", "make_environment"]

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
