"""The state of a training, and the file that holds it: all that is needed to continue as if it had never stopped.

A checkpoint is an uncompressed .npz: the model's weights, the optimizer's variables, the states of the random
generators of layers such as Dropout and of Keras's global one, the best weights so far, and as JSON the history, the
position and the run's record. It is renamed into place when it is complete, and the previous one is kept, so there is
always a whole one. The format's CRC-32 of each array finds a file that is torn or decayed. A stronger checksum would
take longer than writing the file.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from keras.src.random.seed_generator import global_seed_generator

from keras_cnn_course.errors import RunError, TrainingError
from keras_cnn_course.files.arrays import ArrayFileError, read_npz
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.runs.health_file import LayerHealth
from keras_cnn_course.training.engine import Engine, Scores

__all__ = ["GENERATIONS", "Checkpoint", "TrainingState", "describe_kept", "read_newest", "restore", "take", "write"]

GENERATIONS = 2
_ABOUT = "about"
_GROUPS = ("weights", "optimizer", "generators", "global_generator", "best")

Arrays = dict[str, list[np.ndarray]]


@dataclass
class TrainingState:
    """How far a training is. With the engine's variables it is all that a checkpoint holds.

    Args:
        history: one row per epoch, as in history.csv.
        health: the rows of health.csv so far.
        best_epoch: the epoch, counted from 1, with the smallest validation loss; 0 before the first one ends.
        best_weights: the model's weights after that epoch.
        scores: over the images of the current epoch so far.
        epoch_seconds: wall seconds spent on them.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    health: list[LayerHealth] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: list[np.ndarray] = field(default_factory=list)
    scores: Scores = field(default_factory=Scores)
    epoch_seconds: float = 0.0

    @property
    def epoch(self) -> int:
        """The current epoch, counted from 1."""
        return len(self.history) + 1

    @property
    def is_best_now(self) -> bool:
        """Whether the best weights are those of the model now, as `Engine.final_weights` gives them."""
        return self.best_epoch == len(self.history) and not self.scores.images

    @property
    def seconds(self) -> float:
        """Wall seconds of all epochs, validation included."""
        return sum(row["seconds"] for row in self.history)

    def has_ended(self, epochs: int, *, patience: int) -> bool:
        """Return whether no epoch is left, or none of the last `patience` epochs was the best; 0 for no such rule."""
        waited = len(self.history) - self.best_epoch
        return self.epoch > epochs or 0 < patience <= waited

    def end_epoch(self, row: dict[str, float]) -> bool:
        """Append the current epoch, begin the next one, and return whether it was the best so far."""
        is_best = not self.best_epoch or row["val_loss"] < self.history[self.best_epoch - 1]["val_loss"]
        self.history.append(row)
        self.best_epoch = len(self.history) if is_best else self.best_epoch
        self.scores, self.epoch_seconds = Scores(), 0.0
        return is_best


@dataclass(frozen=True)
class Checkpoint:
    """A training at one moment: the run's record, the state, and the arrays of weights and variables.

    Args:
        record: the run's record when it was taken.
        arrays: `weights`, `optimizer`, `generators`, `global_generator` and `best`, each in the order of the engine's
            variables. `best` is empty if `state.is_best_now`, and `global_generator` in a file of version 0.1.
    """

    record: RunRecord
    state: TrainingState
    arrays: Arrays


# What a file raises that holds other values than were written.
_UNREADABLE = (ArrayFileError, OSError, LookupError, TypeError, ValueError, RecursionError)


class _DamagedError(Exception):
    """The file of a checkpoint is not what was written."""


def take(engine: Engine, state: TrainingState, record: RunRecord) -> Checkpoint:
    """Copy the state of a training."""
    arrays = {name: [np.asarray(value) for value in variables] for name, variables in _variables(engine).items()}
    return Checkpoint(record, state, {**arrays, "best": [] if state.is_best_now else state.best_weights})


def restore(engine: Engine, checkpoint: Checkpoint) -> TrainingState:
    """Set an engine's variables to those of a checkpoint and return its state, best weights included.

    Raises:
        RunError: the model has other variables; nothing was changed.
    """
    values, variables = checkpoint.arrays, _variables(engine)
    if not values["global_generator"]:
        del variables["global_generator"]
    shapes = {name: [tuple(variable.shape) for variable in group] for name, group in variables.items()}
    if any([array.shape for array in values[name]] != shapes[name] for name in variables):
        raise RunError(
            "The checkpoint belongs to another model or optimizer, so this run cannot be resumed, not even with "
            "`force=True`. Train again from the beginning."
        )
    for name, group in variables.items():
        for variable, array in zip(group, values[name], strict=True):
            kind = np.asarray(variable).dtype
            variable.assign(array.view(kind) if array.dtype.kind == "V" else array)
    state = checkpoint.state
    if state.is_best_now:
        with engine.final_weights():
            state.best_weights = engine.model.get_weights()
    else:
        state.best_weights = list(values["best"])
    return state


def write(run: RunDirectory, checkpoint: Checkpoint, *, step: int) -> None:
    """Write a checkpoint, and remove all but the newest generations.

    Args:
        step: number of optimizer steps so far, for the file's name.

    Raises:
        TrainingError: a weight is not a finite number, so nothing good could come of it.
        RunError: it cannot be written; the earlier ones are still there.
    """
    state = checkpoint.state
    if not all(np.isfinite(weight).all() for weight in checkpoint.arrays["weights"]):
        where = f"in epoch {state.epoch}" if state.scores.images else f"after epoch {len(state.history)}"
        raise TrainingError(
            f"Some weights are infinite or not numbers {where}.{describe_kept(run, state)} "
            "Try a smaller `learning_rate=`, or `precision='float32'`."
        )
    counts = {name: len(group) for name, group in checkpoint.arrays.items()}
    values = {"record": asdict(checkpoint.record), "fit": _to_json(state), "counts": counts}
    members = {_ABOUT: np.frombuffer(json.dumps(values).encode(), np.uint8)}
    for name, group in checkpoint.arrays.items():
        members |= {f"{name}_{index:04d}": array for index, array in enumerate(group)}
    file = run.checkpoint_file(step)
    with run.reporting_errors(file), atomic_file(file) as temporary:
        np.savez(temporary, **members)  # type: ignore[arg-type]
    run.remove_checkpoints(run.checkpoint_files()[GENERATIONS:])


def describe_kept(run: RunDirectory, state: TrainingState) -> str:
    """Return a sentence about what is left of a training whose weights are lost, after a space; empty if nothing is."""
    kept = ["the last checkpoint"] if run.checkpoint_files() else []
    kept += ["the best model"] if state.best_epoch and not state.is_best_now else []
    return f" {' and '.join(kept).capitalize()} {'is' if len(kept) == 1 else 'are'} kept." if kept else ""


def read_newest(run: RunDirectory) -> tuple[Checkpoint | None, list[Path]]:
    """Return the newest whole checkpoint, or None if there is none yet, and the damaged ones that are newer.

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
            f"Every checkpoint in {damaged[0].parent} is damaged: {names}. "
            "Restore the folder from a backup, or remove it to train from the beginning."
        )
    return None, []


def _read(file: Path) -> Checkpoint:
    """Read one file, using no more memory than it has bytes."""
    try:
        with file.open("rb") as stream:
            members = read_npz(stream, limit=file.stat().st_size, stored=True, kinds="biufV")  # V: bfloat16
        about = json.loads(members[_ABOUT].tobytes())
        counts = {**dict.fromkeys(_GROUPS, 0), **about["counts"]}
        arrays = {name: [members[f"{name}_{index:04d}"] for index in range(counts[name])] for name in _GROUPS}
        return Checkpoint(RunRecord.from_values(about["record"]), _from_json(about["fit"]), arrays)
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
        "global_generator": [global_seed_generator().state],  # of a `keras.random` function without a seed
    }


def _to_json(state: TrainingState) -> dict[str, Any]:
    """Return a state, except the best weights, as version 0.1 wrote it too but for the health."""
    return {
        "history": state.history,
        "health": [asdict(row) for row in state.health],
        "best_epoch": state.best_epoch,
        "done": state.scores.images,
        "loss_sum": state.scores.loss_sum,
        "right": state.scores.correct,
        "seconds_done": state.epoch_seconds,
    }


def _from_json(values: dict[str, Any]) -> TrainingState:
    return TrainingState(
        history=values["history"],
        health=[LayerHealth(**row) for row in values.get("health", ())],  # version 0.1 had none
        best_epoch=values["best_epoch"],
        scores=Scores(values["loss_sum"], values["right"], values["done"]),
        epoch_seconds=values["seconds_done"],
    )
