"""Checkpoints: one file that holds all a training needs to go on as if it had never been stopped.

A checkpoint is an uncompressed .npz: the model's weights, the optimizer's variables, the states of the random
generators of layers such as Dropout, the best weights so far, and as JSON the history, the position and the run's
record. It is renamed into place when it is complete, and the one before it is kept, so whatever happens to the newest,
there is another. The CRC-32 that the format carries of each array finds a file that is torn or decayed; anything
stronger would take longer than writing the file.
"""

import json
import tokenize
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError, TrainingError
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.fitting import Fit

__all__ = ["GENERATIONS", "Checkpoint", "read_newest", "restore", "take", "write"]

GENERATIONS = 2
_ABOUT = "about"
_GROUPS = ("weights", "optimizer", "generators", "best")

Arrays = dict[str, list[np.ndarray]]


@dataclass(frozen=True)
class Checkpoint:
    """A training at one moment.

    Args:
        record: the run's record when it was taken.
        fit: the epochs so far and the position in the current one, without the best weights.
        arrays: `weights`, `optimizer`, `generators` and `best`, each in the order of the engine's variables; `best` is
            empty where the best weights are the weights.
    """

    record: RunRecord
    fit: Fit
    arrays: Arrays


# What zipfile, NumPy and the header's parser raise on bytes that are not what was written.
_UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
)


class _DamagedError(Exception):
    """A checkpoint's file is not what was written."""


def take(engine: Engine, fit: Fit, record: RunRecord) -> Checkpoint:
    """Copy the state of a training.

    Raises:
        TrainingError: a weight is not a finite number: nothing good could come of it.
    """
    arrays = {name: [np.asarray(value) for value in variables] for name, variables in _variables(engine).items()}
    for weight in arrays["weights"]:
        if not np.isfinite(weight).all():
            raise TrainingError(
                f"Expected finite weights. Received: some that are not, in epoch {fit.epoch}. The last checkpoint is "
                "kept. Try a smaller --learning-rate, or --precision float32."
            )
    return Checkpoint(record, fit, {**arrays, "best": [] if fit.is_best_now else fit.best_weights})


def restore(engine: Engine, checkpoint: Checkpoint) -> Fit:
    """Set an engine's variables to a checkpoint's and return the epochs so far.

    Raises:
        RunError: the model has other variables; nothing was changed.
    """
    values, variables = checkpoint.arrays, _variables(engine)
    shapes = {name: [tuple(variable.shape) for variable in group] for name, group in variables.items()}
    if any([array.shape for array in values[name]] != shapes[name] for name in variables):
        raise RunError(
            "Expected a checkpoint of this model and optimizer. Received: one with other variables, so it cannot "
            "be resumed, not even with --force."
        )
    for name, group in variables.items():
        for variable, array in zip(group, values[name], strict=True):
            kind = np.asarray(variable).dtype
            variable.assign(array.view(kind) if array.dtype.kind == "V" else array)
    fit = checkpoint.fit
    fit.best_weights = engine.model.get_weights() if fit.is_best_now else list(values["best"])
    return fit


def write(run: RunDirectory, checkpoint: Checkpoint, *, step: int) -> None:
    """Write a checkpoint after so many optimizer steps, and remove all but the newest generations.

    Raises:
        RunError: it cannot be written; those before it are still there.
    """
    fit = {name: value for name, value in asdict(_without_weights(checkpoint.fit)).items() if name != "best_weights"}
    counts = {name: len(group) for name, group in checkpoint.arrays.items()}
    about = json.dumps({"record": asdict(checkpoint.record), "fit": fit, "counts": counts})
    members = {_ABOUT: np.frombuffer(about.encode(), np.uint8)}
    for name, group in checkpoint.arrays.items():
        members |= {f"{name}_{index:04d}": array for index, array in enumerate(group)}
    file = run.checkpoint_file(step)
    with run.reporting_errors(file), atomic_file(file) as temporary:
        np.savez(temporary, **members)  # type: ignore[arg-type]
    run.remove_checkpoints(run.checkpoint_files()[GENERATIONS:])


def read_newest(run: RunDirectory) -> tuple[Checkpoint | None, list[Path]]:
    """Return the newest whole checkpoint, or None where there is none yet, and the damaged ones that are newer.

    Raises:
        RunError: there are checkpoints, and all of them are damaged.
    """
    damaged: list[Path] = []
    for file in run.checkpoint_files():
        try:
            return _read(file), damaged
        except _DamagedError:
            damaged.append(file)
    if damaged:
        names = " and ".join(file.name for file in damaged)
        raise RunError(
            f"Expected a whole checkpoint in {damaged[0].parent}. Received: {names}, damaged. "
            "Remove that folder to train from the beginning on, or restore it."
        )
    return None, []


def _read(file: Path) -> Checkpoint:
    """Read one file, with no more memory than it has bytes."""
    try:
        with zipfile.ZipFile(file) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise _DamagedError
        with np.load(file, allow_pickle=False) as archive:
            members = {name: archive[name] for name in archive.files}
        about = json.loads(members[_ABOUT].tobytes())
        arrays = {name: [members[f"{name}_{index:04d}"] for index in range(about["counts"][name])] for name in _GROUPS}
        return Checkpoint(RunRecord.from_values(about["record"]), Fit(**about["fit"]), arrays)
    except _UNREADABLE as error:
        raise _DamagedError from error


def _variables(engine: Engine) -> dict[str, Sequence[Any]]:
    """Return every variable that training changes."""
    weights = engine.model.weights
    known = {id(weight) for weight in weights}
    return {
        "weights": weights,
        "optimizer": engine.optimizer.variables,
        "generators": [variable for variable in engine.model.variables if id(variable) not in known],
    }


def _without_weights(fit: Fit) -> Fit:
    return Fit(**{**vars(fit), "best_weights": []})
