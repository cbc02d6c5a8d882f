"""Starting TensorFlow quietly, with its device and threads chosen before the first operation runs.

Keras reads its backend when it is imported, and TensorFlow its threads when it first runs. Code that needs either calls
`start` first and imports Keras after it.
"""

import gc
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from numbers import Integral

from keras_cnn_course.devices import onednn
from keras_cnn_course.devices.memory import keep_freed_memory
from keras_cnn_course.devices.strategies import Distribution, distribute
from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.tables import count

__all__ = ["Backend", "available_cores", "check_device", "find_tensorflow", "load", "start", "without_notices"]

MOST_THREADS = 65_536

_NOTICES = (
    "absl::InitializeLog",
    "oneDNN custom operations",
    "cudart_stub",
    "cuda drivers",
    "failed call to cuInit",
)

_FILTER = """
import os, sys
for line in sys.stdin.buffer:
    if not any(notice.encode() in line for notice in sys.argv[1:]):
        os.write(1, line)
"""


@dataclass(frozen=True)
class Backend:
    """TensorFlow as it was started.

    Args:
        tf_device: TensorFlow's name of the device, such as `/CPU:0`. With several replicas it is the device of the
            first one in this process.
        device: its short name, such as `cpu` or `gpu:0`.
        threads: number of compute threads.
    """

    tf_device: str
    device: str
    threads: int
    distribution: Distribution = field(default_factory=Distribution)


def available_cores() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_tensorflow() -> tuple[str, str]:
    """Return the name and the version of the package that TensorFlow was installed from, without importing it.

    The name is `tensorflow`, or `tensorflow-cpu` for the smaller build without GPU support.

    Raises:
        PackageNotFoundError: neither is installed.
    """
    try:
        return "tensorflow", metadata.version("tensorflow")
    except metadata.PackageNotFoundError:
        return "tensorflow-cpu", metadata.version("tensorflow-cpu")


def load() -> None:
    """Import Keras and TensorFlow without using them, so that processes forked from this one start faster.

    Raises:
        UsageError: another Keras backend is set.
    """
    with without_notices(_NOTICES):
        _import_keras()


def _import_keras() -> None:
    if os.environ.setdefault("KERAS_BACKEND", "tensorflow") != "tensorflow":
        raise UsageError(
            f"KERAS_BACKEND is set to {os.environ['KERAS_BACKEND']!r}, but this package needs TensorFlow. "
            "Unset it with: unset KERAS_BACKEND"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    onednn.turn_on()
    if not onednn.is_on():
        keep_freed_memory()
    with _without_garbage_collection():
        import keras
        import tensorflow  # noqa: F401

    if keras.config.backend() != "tensorflow":
        raise UsageError(
            f"Keras is already imported with the backend {keras.config.backend()!r}, but this package needs "
            "TensorFlow. Start a new process."
        )


def start(
    *,
    device: str = "auto",
    threads: int | None = None,
    strategy: str = "none",
    replicas: int | None = None,
    worker_timeout: float = 120.0,
) -> Backend:
    """Start TensorFlow for Keras. A second call returns what is running already.

    TensorFlow gets one inter-op thread: an additional busy thread would take one core from the compute threads, which
    wait for each other after every operation (see docs/performance.md).

    Args:
        device: `auto` (a GPU when there is one), `cpu`, `gpu` or `gpu:N`.
        threads: number of compute threads; one per core of this process when None.
        strategy: `none`, `mirrored`, `multiworker` or `auto`, see `distribute`.
        replicas: number of replicas for `mirrored`.
        worker_timeout: seconds to wait for another worker.

    Raises:
        UsageError: another Keras backend is set, or there is no such device or strategy.
        TrainingError: a worker cannot be reached.
    """
    if threads is not None and not (isinstance(threads, Integral) and 1 <= threads <= MOST_THREADS):
        raise UsageError(f"`threads=` must be a whole number from 1 to {MOST_THREADS}; got {threads!r}.")
    with without_notices(_NOTICES if device in ("auto", "cpu") else _NOTICES[:-1]):
        _import_keras()
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    keras.config.set_image_data_format("channels_last")
    running = _set_threads(threads)
    if gpus and not running:
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    tf_device, name = _choose_device(device, len(gpus))
    try:
        if strategy != "none" and device == "cpu":
            tf.config.set_visible_devices([], "GPU")
            gpus = []
        distribution = distribute(strategy, replicas=replicas, gpus=len(gpus), timeout=worker_timeout)
    except RuntimeError as error:
        raise UsageError(
            f"TensorFlow is already running with other devices, so it cannot follow `strategy={strategy!r}`. "
            "Start a new process, and start TensorFlow with this strategy first."
        ) from error
    if distribution.strategy is not None:
        tf_device = _find_first_device(distribution, name)
    return Backend(tf_device, name, _running_threads(), distribution)


def _find_first_device(distribution: Distribution, device: str) -> str:
    """Return TensorFlow's name of the device of this process's first replica; a strategy counts GPUs from gpu:0."""
    if device not in ("cpu", "gpu:0"):
        raise UsageError(
            f"`device={device!r}` is one GPU, but `strategy={distribution.name!r}` takes them in order, from gpu:0. "
            "Use `device='gpu'`. To choose among the GPUs, set the variable CUDA_VISIBLE_DEVICES."
        )
    return str(distribution.strategy.extended.worker_devices[0])


def _set_threads(threads: int | None) -> bool:
    """Set TensorFlow's threads. Return True if it was running already, with the threads it has."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads or _running_threads())
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        running = _running_threads()
        if threads not in (None, running):
            raise UsageError(
                f"TensorFlow is already running with {count(running, 'thread')}, so it cannot use {threads}. "
                "To change them, start a new process."
            ) from error
        return True
    return False


def _running_threads() -> int:
    """Return the number of TensorFlow's compute threads: the number of cores unless it was set."""
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads() or available_cores()


def check_device(device: object) -> None:
    """Check the name of a device: `auto`, `cpu`, `gpu` or `gpu:N`.

    Raises:
        UsageError: it is something else.
    """
    if not (isinstance(device, str) and re.fullmatch(r"auto|cpu|gpu(:[0-9]+)?", device)):
        raise UsageError(f"`device=` must be auto, cpu, gpu or gpu:N, such as gpu:0; got {device!r}.")


def _choose_device(device: str, gpus: int) -> tuple[str, str]:
    """Return TensorFlow's name and the short name of the device asked for."""
    check_device(device)
    number = device.partition(":")[2]
    if device == "cpu" or (device == "auto" and not gpus):
        return "/CPU:0", "cpu"
    index = int(number or 0)
    if index >= gpus:
        found = "no GPU" if not gpus else "one GPU, gpu:0" if gpus == 1 else f"the GPUs gpu:0 to gpu:{gpus - 1}"
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise UsageError(
            f"There is no {device}: TensorFlow sees {found}. Use `device='cpu'`, or find out more with: kcnn doctor. "
            + (
                "On Linux, install GPU support with: pip install 'keras-cnn-course[gpu]'"
                if visible is None
                else f"CUDA_VISIBLE_DEVICES={visible!r} decides which GPUs TensorFlow sees."
            )
        )
    return f"/GPU:{index}", f"gpu:{index}"


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Let Python not look for garbage: an import makes many objects, no garbage, and takes 15% less time this way."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def without_notices(notices: tuple[str, ...]) -> Iterator[None]:
    """Send stderr through another process, which passes on all but the known notices.

    It is for lines that C++ code writes and no setting hides, such as those before TensorFlow's log level takes effect.
    The other process passes on what TensorFlow says last even if it ends this one, for example on a processor without
    AVX.

    Args:
        notices: a line that contains one of them is left out.
    """
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        original = os.dup(2)
        running = _start_filter(notices, original)
    except OSError:  # stderr is closed, or the system allows no further process
        yield
        return
    with os.fdopen(original, "wb"), running:
        os.dup2(running.stdin.fileno(), 2)  # type: ignore[union-attr]  # it is a pipe
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(original, 2)


def _start_filter(notices: tuple[str, ...], stderr: int) -> "subprocess.Popen[bytes]":
    """Start the process that passes on the lines without a notice. Ctrl-C does not reach it; it ends with its input."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _FILTER, *notices],
        stdin=subprocess.PIPE,
        stdout=stderr,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
