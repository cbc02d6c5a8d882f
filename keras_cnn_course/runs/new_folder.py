"""Where a new run may be written, so that nothing is ever overwritten."""

from pathlib import Path

from keras_cnn_course.errors import RunError
from keras_cnn_course.files.atomic import is_empty_folder
from keras_cnn_course.runs.finding import RECORD, is_run
from keras_cnn_course.runs.json_file import read_json

__all__ = ["check_new", "holds_nothing", "not_new"]

# What a run folder holds when the training begins.
_BEFORE_THE_FIRST_EPOCH = {RECORD, "recipe.py", "initial_kernels.npz", ".lock"}
_MOST_BYTES = 4 * 2**20


def check_new(out: Path) -> None:
    """Check that a run folder can be written at `out` without touching anything that is there.

    Raises:
        RunError: `out` exists and is neither an empty folder nor a run that failed before it had any result.
    """
    if out.exists() and not is_empty_folder(out) and not holds_nothing(out):
        raise not_new(out)


def holds_nothing(out: Path) -> bool:
    """Return whether a folder is a run that failed before its first epoch and its first checkpoint."""
    if not is_run(out) or {entry.name for entry in out.iterdir()} - _BEFORE_THE_FIRST_EPOCH:
        return False
    try:
        return read_json(out / RECORD, limit=_MOST_BYTES).get("status") == "failed"
    except RunError:
        return False


def not_new(out: Path) -> RunError:
    """Return the error that refuses a folder with something in it."""
    return RunError(f"{out} is not empty, and a run is never overwritten. Choose a new or empty folder with `out=`.")
