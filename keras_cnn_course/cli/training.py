"""A training as commands run it: shown on stderr, stopped by Ctrl-C with a checkpoint, by one worker or several."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_cnn_course.devices.strategies import Distribution
    from keras_cnn_course.runs.directory import RunDirectory
    from keras_cnn_course.training.callbacks import Callback, StopRequest

__all__ = ["copy_to_resume", "place_to_write", "watching"]


@contextmanager
def watching(*, quiet: bool) -> "Iterator[tuple[Callback, StopRequest]]":
    """Give the callback and the stop request of a training, which Ctrl-C stops with a checkpoint."""
    from keras_cnn_course.training.callbacks import StopRequest
    from keras_cnn_course.training.progress import showing_progress

    stop = StopRequest()
    with stop.listening(), showing_progress(quiet=quiet) as callback:
        yield callback, stop


@contextmanager
def place_to_write(out: Path | None, distribution: "Distribution") -> Iterator[Path | None]:
    """Give the chief the run folder that was asked for, and every other worker a temporary one."""
    if distribution.is_chief:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="kcnn-worker-") as folder:
        yield Path(folder) / "run"


@contextmanager
def copy_to_resume(run: "RunDirectory", distribution: "Distribution") -> "Iterator[RunDirectory]":
    """Give the chief the run, and every other worker a copy of it, made before the chief can continue.

    The chief continues when all workers have built their models, which they do after copying.
    """
    if distribution.is_chief:
        yield run
        return
    with tempfile.TemporaryDirectory(prefix="kcnn-worker-") as folder:
        yield type(run).open(Path(shutil.copytree(run.path, Path(folder) / "run")))
