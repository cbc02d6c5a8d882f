"""A sweep: its trials running side by side, and sweep.csv with one row per trial."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import CourseError, RunError, describe_failure, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.results.belonging import AskedRun
from keras_cnn_course.results.comparison import RunSummary, summarize_runs
from keras_cnn_course.runs.begun import is_begun
from keras_cnn_course.runs.finding import is_run
from keras_cnn_course.sweeps.design import Conditions, Trial
from keras_cnn_course.sweeps.folder import SweepFolder
from keras_cnn_course.sweeps.local import CallStopped, Executor

__all__ = ["Sweep", "TrialState"]

_POLL_SECONDS = 0.2
_RESULTS = ("test_accuracy", "test_loss", "val_accuracy", "parameters", "epochs", "fit_seconds", "images_per_second")
_SETTINGS = ("device", "processor", "threads", "precision")


@dataclass(frozen=True)
class TrialState:
    """How far a trial is.

    Args:
        path: its run folder.
        summary: of the run folder; None if there is none yet.
        error: why it failed this time; empty otherwise.
    """

    trial: Trial
    path: Path
    summary: RunSummary | None
    error: str = ""

    @property
    def status(self) -> str:
        """`finished`, `failed`, `running`, `interrupted`, or `waiting` if it has not begun."""
        if self.error:
            return "failed"
        return self.summary.status if self.summary else "waiting"


@dataclass
class Sweep:
    """The trials of a sweep, and how far they are. It is the folder's only writer (`SweepFolder.writing`).

    Args:
        conditions: the settings that all trials share.
        dataset: the data set that `conditions` names.
        spell: changes the words of the runs' errors, as the command line does.

    Raises:
        RunError: a run that exists already was made under other conditions.
    """

    trials: Sequence[Trial]
    conditions: Conditions
    dataset: Dataset
    folder: SweepFolder
    spell: Callable[[str], str] = str
    states: dict[Trial, TrialState] = field(init=False)

    def __post_init__(self) -> None:
        self.states = {trial: self._read_state(trial) for trial in self.trials}
        for state in self.states.values():
            if state.summary and is_begun(state.path):
                self._describe(state.trial).check(state.path)
        keys = (key for trial in self.trials for key, _ in trial.values)
        self._columns = list(dict.fromkeys([*self.folder.tabulated_values(), *keys]))

    @property
    def left(self) -> list[Trial]:
        """The trials that have not finished."""
        return [trial for trial in self.trials if self.states[trial].status != "finished"]

    def run(self, executor: Executor, *, should_stop: Callable[[], bool]) -> Iterator[TrialState]:
        """Run the trials that have not finished, and yield the state of each one that ends or is stopped.

        Args:
            executor: runs them side by side.
            should_stop: called five times a second. When it returns True, no more trials begin and those that run stop.

        Raises:
            RunError: sweep.csv cannot be written.
        """
        self._write_table()
        futures: dict[Future[None], Trial] = {
            executor.submit(_train, trial, self.conditions, self.folder.path.resolve()): trial for trial in self.left
        }
        pending, stopping = set(futures), False
        while pending:
            done, pending = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                trial = futures[future]
                self.states[trial] = self._read_state(trial, "" if stopping else _explain(future))
                self._write_table()
                yield self.states[trial]
            if should_stop() and not stopping:
                stopping = True
                executor.stop()
                pending = {future for future in pending if not future.cancelled()}  # `wait` never returns these

    def _list_other_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the runs in the folder that belong to no trial of this sweep."""
        own = {state.path.name for state in self.states.values()}
        for path in self.folder.find_runs():
            if path.name not in own:
                try:
                    yield _make_run_row(summarize_runs([path])[0], self._columns)
                except RunError as damage:
                    yield {"run": path.name, "status": "failed", "error": self.spell(str(damage))}

    def _read_state(self, trial: Trial, error: str = "") -> TrialState:
        path = self.folder.run_path(trial)
        try:
            summary = summarize_runs([path])[0] if is_run(path) else None
        except RunError as damage:
            summary, error = None, f"{damage} Remove {path} to train this run again."
        return TrialState(trial, path, summary, self.spell(error))

    def _describe(self, trial: Trial) -> AskedRun:
        return AskedRun(
            whole="sweep",
            recipe=find_recipe(str(self.folder.recipe_file(trial.recipe))),
            overrides=dict(trial.values),
            seed=trial.seed,
            dataset=self.dataset,
            device=self.conditions.device,
            precision=self.conditions.precision,
        )

    def _write_table(self) -> None:
        """Write sweep.csv with one row per trial, and one per run of a trial that was asked for earlier."""
        # `epochs` may be both a chosen value and a result, which is smaller if the training stopped early.
        columns = dict.fromkeys(["run", "recipe", *self._columns, "seed", "status", *_RESULTS, *_SETTINGS, "error"])
        text = io.StringIO()
        writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(_make_row(state, self._columns) for state in self.states.values())
        writer.writerows(self._list_other_rows())
        file = self.folder.table_file
        with reporting_os_errors(RunError, "write", file), atomic_file(file) as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")


def _train(trial: Trial, conditions: Conditions, folder: Path) -> None:
    """Train a trial in the process that this is called in, the only one that imports TensorFlow."""
    from keras_cnn_course.devices import backend

    backend.load()
    from keras_cnn_course.sweeps.trial import train_trial

    train_trial(trial, conditions, folder)


def _explain(future: "Future[None]") -> str:
    """Return why a trial failed, or an empty string if it did not."""
    error = None if future.cancelled() else future.exception()
    if error is None:
        return ""
    if isinstance(error, CourseError | CallStopped):
        return str(error)
    if isinstance(error, BrokenProcessPool):
        return "Its process crashed or was killed, perhaps for lack of memory. Try fewer runs at a time."
    return describe_failure(error)


def _make_row(state: TrialState, chosen: Sequence[str]) -> dict[str, Any]:
    row = _make_run_row(state.summary, chosen) if state.summary else {}
    row |= {"run": state.trial.name, "recipe": state.trial.recipe, **dict(state.trial.values)}
    return row | {"seed": state.trial.seed, "status": state.status, "error": state.error}


def _make_run_row(run: RunSummary, chosen: Sequence[str]) -> dict[str, Any]:
    """Return the row of a run, with its values of the chosen hyperparameters."""
    row = {name: value for name, value in run.results.items() if name in _RESULTS}
    row |= {name: run.settings.get(name, "") for name in ("recipe", *chosen, "seed", *_SETTINGS)}
    return row | {"run": run.path.name, "status": run.status}
