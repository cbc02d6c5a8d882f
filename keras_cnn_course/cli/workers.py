"""Where a worker of several writes: the chief in the run folder, the others in one that is thrown away."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_cnn_course.devices.strategies import Distribution
    from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["copied_to_resume", "place_to_write"]


@contextmanager
def place_to_write(out: Path | None, distribution: "Distribution") -> Iterator[Path | None]:
    """Give the chief the run folder that was asked for, and every other worker a temporary one."""
    if distribution.is_chief:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="kcnn-worker-") as folder:
        yield Path(folder) / "run"


@contextmanager
def copied_to_resume(run: "RunDirectory", distribution: "Distribution") -> Iterator["RunDirectory"]:
    """Give the chief the run, and every other worker a copy of it, made before the chief can go on.

    The chief goes on when all workers have built their models, and they do that after they have copied.
    """
    if distribution.is_chief:
        yield run
        return
    with tempfile.TemporaryDirectory(prefix="kcnn-worker-") as folder:
        yield type(run).open(Path(shutil.copytree(run.path, Path(folder) / "run")))
