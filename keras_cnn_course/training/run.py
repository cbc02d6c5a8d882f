"""Training a recipe from start to finish: `train` is what `kcnn train` does, `resume` what it does with --resume."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from keras_cnn_course.catalog.recipes import RecipeSource, find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.devices.strategies import reporting_lost_workers
from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.runs.initial_kernels import save_initial_kernels
from keras_cnn_course.training import checkpoint
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.fitting import Fit
from keras_cnn_course.training.plan import Plan, describe_run, list_changes, list_redistribution, make_engine, make_plan
from keras_cnn_course.training.session import Reporter, Session
from keras_cnn_course.training.stopping import StopRequest

__all__ = ["Plan", "Reporter", "ResumeSettings", "TrainingSettings", "resume", "train"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """What the user of `kcnn train` chooses, beside the recipe and the data set.

    Args:
        overrides: hyperparameters to replace, by name.
        seed: of the initial weights, the validation split and the order of the images.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        out: the run folder to write; the next free `runs/<recipe>-NNN` when None.
        command: how to ask for the same again.
        checkpoint_every: seconds after which a checkpoint is written within an epoch.
        cycles: epochs of each cycle of the learning rate; the length that the hyperparameters give when empty.
    """

    overrides: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    precision: str = "auto"
    out: Path | None = None
    command: str = ""
    checkpoint_every: float = 60.0
    cycles: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ResumeSettings:
    """What the user of `kcnn train --resume` chooses.

    Args:
        epochs: how long the whole run shall be; as long as it was meant to be when None.
        force: go on although something has changed that decides the result.
        checkpoint_every: seconds after which a checkpoint is written within an epoch.
    """

    epochs: int | None = None
    force: bool = False
    checkpoint_every: float = 60.0


def train(
    source: RecipeSource,
    dataset: Dataset,
    settings: TrainingSettings,
    *,
    backend: Backend,
    reporter: Reporter,
    stop: StopRequest | None = None,
) -> RunDirectory:
    """Train a recipe on a data set and write its run folder.

    The epoch that is best on the held-out images gives the model that the test images are shown to, once. Whatever
    stops the training, the epochs that were finished stay in the folder with the best model so far, and `resume`
    goes on from the last checkpoint.

    Raises:
        RecipeError: the recipe cannot be used.
        UsageError: a hyperparameter is unknown or out of range.
        TrainingError: the loss is not a finite number any more, or a worker is lost.
        RunError: the run folder cannot be made or written.
        TrainingStopped: `stop` asked for it.
    """
    with reporting_lost_workers():
        return _train(source, dataset, settings, backend=backend, reporter=reporter, stop=stop or StopRequest())


def _train(
    source: RecipeSource,
    dataset: Dataset,
    settings: TrainingSettings,
    *,
    backend: Backend,
    reporter: Reporter,
    stop: StopRequest,
) -> RunDirectory:
    began = time.perf_counter()
    plan = make_plan(
        source,
        dataset,
        overrides=settings.overrides,
        seed=settings.seed,
        precision=settings.precision,
        backend=backend,
        cycles=settings.cycles,
    )
    engine = make_engine(plan)
    record = describe_run(plan, engine, command=settings.command)
    run = RunDirectory.create(source.name, settings.out, record=record, source=source.text)
    with run.writing():
        save_initial_kernels(run, engine.model)
        reporter.started(plan, parameters=engine.model.count_params(), path_taken=engine.describe(), run=run)
        Session(
            plan=plan,
            engine=engine,
            run=run,
            record=record,
            fit=Fit(),
            reporter=reporter,
            stop=stop,
            checkpoint_every=settings.checkpoint_every,
            began=began,
        ).complete()
    return run


def resume(
    run: RunDirectory,
    dataset: Dataset,
    settings: ResumeSettings,
    *,
    backend: Backend,
    reporter: Reporter,
    stop: StopRequest | None = None,
) -> None:
    """Go on with a run from its newest checkpoint, or from its beginning where there is none yet.

    On a CPU the run ends as if it had never been stopped, bit for bit. With more `epochs` it is made longer: when its
    epochs are over, the learning rate runs through its schedule once more over those that were added.

    Args:
        run: the run folder.
        dataset: the one that the run was begun with.
        settings: what the user chooses.
        backend: what was started.
        reporter: is told.
        stop: asks to stop.

    Raises:
        RunError: another process writes the run, or it cannot be resumed; the message says what has changed.
        UsageError: `epochs` is not more than the run has.
        TrainingError: the loss is not a finite number any more, or a worker is lost.
        TrainingStopped: `stop` asked for it.
    """
    began = time.perf_counter()
    with reporting_lost_workers(), run.writing():
        record = run.read_record()
        cycles = _lengthen(record, settings.epochs)
        plan = _plan_again(run, record, dataset, backend, cycles)
        engine = make_engine(plan)
        now = describe_run(plan, engine, command=record.command)
        fit, record = _recover(run, record, now, engine=engine, force=settings.force, reporter=reporter)
        reporter.started(plan, parameters=engine.model.count_params(), path_taken=engine.describe(), run=run)
        reporter.resumed(fit)
        Session(
            plan=plan,
            engine=engine,
            run=run,
            record=record,
            fit=fit,
            reporter=reporter,
            stop=stop or StopRequest(),
            checkpoint_every=settings.checkpoint_every,
            began=began,
        ).complete()


def _lengthen(record: RunRecord, epochs: int | None) -> tuple[int, ...]:
    """Return the cycles of a run that shall have so many epochs."""
    planned = sum(record.cycles)
    if epochs is None or epochs == planned:
        return record.cycles
    if epochs < planned:
        raise UsageError(
            f"Expected --epochs of at least {planned}, the length the run has: its learning rate follows it. "
            f"Received: {epochs}."
        )
    return (*record.cycles, epochs - planned)


def _plan_again(
    run: RunDirectory, record: RunRecord, dataset: Dataset, backend: Backend, cycles: tuple[int, ...]
) -> Plan:
    """Return the plan of a run, made from its folder."""
    source = replace(find_recipe(str(run.recipe_file)), name=record.recipe)
    plan = make_plan(
        source,
        dataset,
        overrides=record.hyperparameters,
        seed=record.seed,
        precision=record.precision,
        backend=backend,
        cycles=cycles,
    )
    return replace(plan, precision_reason="as the run began")


def _recover(
    run: RunDirectory, record: RunRecord, now: RunRecord, *, engine: Engine, force: bool, reporter: Reporter
) -> tuple[Fit, RunRecord]:
    """Bring the engine to the newest checkpoint and the folder to a run that goes on; return both anew."""
    saved, damaged = checkpoint.read_newest(run)
    before = saved.record if saved else record
    changes, moved = list_changes(before, now), list_redistribution(before, now)
    _check_resumable(run, finished=record.status == "finished", saved=saved, changes=changes, force=force)
    if saved is None:  # a process that was killed before its first checkpoint may not have come so far
        save_initial_kernels(run, engine.model)
    fit = checkpoint.restore(engine, saved) if saved else Fit()
    for file in damaged:
        reporter.warned(f"{file} is damaged and will be removed; going on from the checkpoint before it.")
    if changes:
        reporter.warned(f"Going on although this has changed: {'; '.join(changes)}.")
    for move in moved:
        reporter.warned(f"Going on with {move}: the weights will be close to those of a run left as it was, not equal.")
    event = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "epochs": len(fit.history),
        "done": fit.done,
        "changed": changes + moved,
    }
    record = replace(
        now,
        started=record.started,
        seconds=saved.record.seconds if saved else 0.0,
        resumed=(*record.resumed, event),
    )
    run.write_record(record)
    run.remove_metrics()
    run.remove_checkpoints(damaged)
    return fit, record


def _check_resumable(
    run: RunDirectory, *, finished: bool, saved: checkpoint.Checkpoint | None, changes: list[str], force: bool
) -> None:
    if finished and saved is None:
        raise RunError(
            f"Expected a checkpoint in {run.path / 'checkpoint'} to train on from. Received none. Train anew instead."
        )
    if changes and not force:
        raise RunError(
            f"Expected everything that decides the result as it was. Received: {'; '.join(changes)}. "
            "Restore it, or go on with --force: the result will not be that of an uninterrupted run."
        )
