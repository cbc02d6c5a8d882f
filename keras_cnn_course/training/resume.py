"""Continuing a run that was stopped, or making it longer, as `kcnn train --resume` does."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.devices.strategies import reporting_device_errors
from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.models.kernels import find_first_kernel
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.runs.initial_kernels import save_initial_kernels
from keras_cnn_course.training import checkpoint
from keras_cnn_course.training.building import build_engine, measure_own_outputs
from keras_cnn_course.training.callbacks import Callback, StopRequest
from keras_cnn_course.training.checkpoint import TrainingState
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.loop import Supervision, Trainer
from keras_cnn_course.training.plan import make_plan
from keras_cnn_course.training.provenance import describe_run, list_changes, list_redistribution
from keras_cnn_course.training.tensorboard import continue_log
from keras_cnn_course.training.update import own_schedule, read_learning_rate

__all__ = ["ResumeSettings", "resume"]

_MADE_OF_THE_MODEL = ("page.html", "page-compared.html", "report.html", "report-compared.html", "export")


@dataclass(frozen=True, kw_only=True)
class ResumeSettings:
    """What to choose when a run is resumed.

    Args:
        epochs: total number of epochs of the run; when None, as many as were planned.
        force: continue although something that decides the result has changed.
        checkpoint_every: seconds after which a checkpoint is written within an epoch.
    """

    epochs: int | None = None
    force: bool = False
    checkpoint_every: float = 60.0


def resume(
    run: RunDirectory,
    dataset: Dataset,
    settings: ResumeSettings,
    *,
    backend: Backend,
    callback: Callback | None = None,
    stop: StopRequest | None = None,
) -> None:
    """Continue a run from its newest checkpoint, or from its beginning if there is none yet.

    On a CPU the run ends as if it had never been stopped, bit for bit. With more `epochs` it is made longer: after the
    planned epochs, the learning rate runs through its schedule once more over the added ones.

    Args:
        dataset: the data set that the run was started with.
        backend: TensorFlow as it was started.
        callback: receives the progress, and so does the run's TensorBoard log if it has one.
        stop: asks the training to stop at the next checkpoint.

    Raises:
        RunError: another process writes the run, or it cannot be resumed; the message says what has changed.
        UsageError: `epochs` is less than the run already has.
        TrainingError: the loss is no longer a finite number, or a worker is lost.
        TrainingStopped: `stop` asked for it.
    """
    supervision = Supervision(
        callback=continue_log(run, callback or Callback()),
        stop=stop or StopRequest(),
        checkpoint_every=settings.checkpoint_every,
        began=time.perf_counter(),
    )
    with reporting_device_errors(), run.writing():
        record = run.read_record()
        plan = make_plan(
            replace(find_recipe(str(run.recipe_file)), name=record.recipe),
            dataset,
            overrides=record.hyperparameters,
            seed=record.seed,
            precision=record.precision,
            backend=backend,
            cycles=_lengthen(record, settings.epochs),
        )
        plan = replace(plan, precision_reason="as before")
        engine = build_engine(plan, supervision.callback, is_new=False)
        outputs = record.outputs or measure_own_outputs(plan, engine, supervision.callback)
        now = describe_run(plan, engine=engine.describe(), outputs=outputs, command=record.command)
        state, record = _recover(run, record, now, engine=engine, force=settings.force, callback=supervision.callback)
        Trainer(plan=plan, engine=engine, run=run, record=record, supervision=supervision, state=state).complete()


def _lengthen(record: RunRecord, epochs: int | None) -> tuple[int, ...]:
    """Return the cycles of a run with that total number of epochs."""
    planned = sum(record.cycles)
    if epochs is None or epochs == planned:
        return record.cycles
    if epochs < planned:
        raise UsageError(
            f"A run cannot be made shorter: its learning rate follows the {planned} epochs it was planned for. "
            f"Use `epochs={planned}` or more; got {epochs}."
        )
    return (*record.cycles, epochs - planned)


def _check_not_stopped_early(state: TrainingState, record: RunRecord, now: RunRecord) -> None:
    """Refuse to make a run longer that would end at once, because none of its last epochs was its best."""
    patience, planned = record.hyperparameters.get("patience", 0), sum(record.cycles)
    if sum(now.cycles) > planned and state.has_ended(sum(now.cycles), patience=patience):
        raise UsageError(
            f"patience={patience} ended this run after epoch {len(state.history)} of {planned}, so more epochs would "
            "change nothing. Train another run with a larger `patience=`."
        )


def _describe_own_rate(engine: Engine, state: TrainingState) -> list[str]:
    """Return how the learning rate after the last epoch differs from what it was, if the optimizer's schedule does."""
    schedule = own_schedule(engine.optimizer)
    if schedule is None or not state.history or state.scores.images:
        return []
    before, now = state.history[-1]["learning_rate"], read_learning_rate(engine.optimizer)
    if before == now:
        return []
    return [
        f"a learning rate of {now:g} instead of {before:g}, because the optimizer's {schedule} depends on the number "
        "of epochs"
    ]


def _recover(
    run: RunDirectory, record: RunRecord, now: RunRecord, *, engine: Engine, force: bool, callback: Callback
) -> tuple[TrainingState, RunRecord]:
    """Restore the newest checkpoint into the engine, and mark the folder as a run in progress.

    Args:
        record: what run.json holds.
        now: what it would hold if the run were started now.

    Returns:
        The state, and the record that run.json holds now.
    """
    saved, damaged = checkpoint.read_newest(run)
    if saved:
        _check_not_stopped_early(saved.state, record, now)
    before = saved.record if saved else record
    changes, moved = list_changes(before, now), list_redistribution(before, now)
    if record.status == "finished" and saved is None:
        raise RunError(f"No checkpoint found in {run.path / 'checkpoint'}, so this run cannot be made longer.")
    if changes and not force:
        raise RunError(
            f"This run cannot be resumed exactly, because something has changed: {'; '.join(changes)}. Restore it, or "
            "use `force=True` to continue anyway; the result will differ from an uninterrupted run."
        )
    if saved is None:  # a process that was killed before its first checkpoint may not have written them
        save_initial_kernels(run, find_first_kernel(engine.model))
    state = checkpoint.restore(engine, saved) if saved else TrainingState()
    for file in damaged:
        callback.on_warning(f"{file} is damaged and will be removed. Resuming from the checkpoint before it.")
    if changes:
        callback.on_warning(f"Resuming although something has changed: {'; '.join(changes)}.")
    stretched = _describe_own_rate(engine, state)
    for change in stretched:
        callback.on_warning(f"Resuming with {change}.")
    for move in moved:
        callback.on_warning(
            f"Resuming with {move}. The weights will not equal those of an unchanged run. They will be close to them "
            "unless augmentation, dropout or BatchNormalization is used, which depend on the number of replicas."
        )
    event = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "epochs": len(state.history),
        "done": state.scores.images,
        "changed": changes + moved + stretched,
    }
    record = replace(
        now,
        started=record.started,
        seconds=saved.record.seconds if saved else 0.0,
        resumed=(*record.resumed, event),
    )
    run.write_record(record)
    run.remove_metrics()
    stale = [name for name in _MADE_OF_THE_MODEL if (run.path / name).exists()]
    if stale:
        callback.on_warning(
            f"In {run.path}, the network before this training is shown by: {', '.join(stale)}. Create what you need "
            "again when it has finished."
        )
    run.remove_checkpoints(damaged)
    return state, record
