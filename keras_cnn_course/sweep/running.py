"""A sweep at work: its trials run side by side, those that have finished left alone, and sweep.csv tells of them."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import CourseError, RunError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.results.comparison import RunSummary, summarize_runs
from keras_cnn_course.sweep.design import Conditions, Trial
from keras_cnn_course.sweep.executor import CallStopped, Executor
from keras_cnn_course.sweep.folder import SweepFolder

__all__ = ["Outcome", "Sweep"]

_POLL_SECONDS = 0.2
_RESULTS = ("test_accuracy", "test_loss", "val_accuracy", "parameters", "epochs", "fit_seconds", "images_per_second")
_SETTINGS = ("device", "threads", "precision")


@dataclass(frozen=True)
class Outcome:
    """How far a trial is.

    Args:
        trial: the trial.
        path: its run folder.
        summary: what the run folder says; None where there is none yet.
        error: why it failed, this time; empty where it did not.
    """

    trial: Trial
    path: Path
    summary: RunSummary | None
    error: str = ""

    @property
    def status(self) -> str:
        """`finished`, `failed`, `running`, `interrupted`, or `waiting` where it has not begun."""
        if self.error:
            return "failed"
        return self.summary.status if self.summary else "waiting"


@dataclass
class Sweep:
    """The trials of a sweep, and how far they are. Whoever makes one is the folder's only writer.

    Args:
        trials: all of them.
        conditions: what is the same for all.
        dataset: the one that `conditions` name.
        folder: where the runs are.

    Raises:
        RunError: a run that is there already was made under other conditions.
    """

    trials: Sequence[Trial]
    conditions: Conditions
    dataset: Dataset
    folder: SweepFolder
    outcomes: dict[Trial, Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.outcomes = {trial: self._read_outcome(trial) for trial in self.trials}
        for outcome in self.outcomes.values():
            if outcome.summary:
                self._check_conditions(outcome.path, outcome.summary.settings)

    @property
    def left(self) -> list[Trial]:
        """The trials that have not finished."""
        return [trial for trial in self.trials if self.outcomes[trial].status != "finished"]

    def run(self, executor: Executor, *, should_stop: Callable[[], bool]) -> Iterator[Outcome]:
        """Run what has not finished side by side, and yield the outcome of each trial that ended, or was stopped.

        Args:
            executor: runs them.
            should_stop: is asked five times a second whether to begin no more trials and to stop those that run.

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
                self.outcomes[trial] = self._read_outcome(trial, "" if stopping else _explain(future))
                self._write_table()
                yield self.outcomes[trial]
            if should_stop() and not stopping:
                stopping = True
                executor.stop()
                pending = {future for future in pending if not future.cancelled()}  # `wait` never returns these

    def _read_outcome(self, trial: Trial, error: str = "") -> Outcome:
        path = self.folder.run_path(trial)
        try:
            summary = summarize_runs([path])[0] if (path / "run.json").is_file() else None
        except RunError as damage:
            return Outcome(trial, path, None, f"{damage} Remove {path} to train this run again.")
        return Outcome(trial, path, summary, error)

    def _check_conditions(self, path: Path, was: Mapping[str, Any]) -> None:
        """Check that a run which is there already is one of this sweep."""
        asked = {
            "data SHA-256": self.dataset.sha256[:8],
            "image size": "x".join(str(side) for side in self.dataset.input_shape),
            "device": self.conditions.device,
            "precision": self.conditions.precision,
        }
        for name, value in asked.items():
            if value != "auto" and not str(was[name]).startswith(value):
                raise RunError(
                    f"Expected {path} to be a run of this sweep. Received: {name} {was[name]}, now {value}. "
                    "Begin another sweep with another --out."
                )

    def _write_table(self) -> None:
        """Write sweep.csv: a row a trial."""
        keys = [key for trial in self.trials for key, _ in trial.values]
        # `epochs` may be both chosen and a result, and is the same in both.
        columns = dict.fromkeys(["run", "recipe", *keys, "seed", "status", *_RESULTS, *_SETTINGS, "error"])
        text = io.StringIO()
        writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(_make_row(outcome) for outcome in self.outcomes.values())
        file = self.folder.table_file
        with reporting_os_errors(RunError, "write", file), atomic_file(file) as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")


def _train(trial: Trial, conditions: Conditions, folder: Path) -> None:
    """Train a trial; what needs TensorFlow is imported in its own process only."""
    from keras_cnn_course.devices import backend

    backend.load()
    from keras_cnn_course.sweep.trial import train_trial

    train_trial(trial, conditions, folder)


def _explain(future: "Future[None]") -> str:
    """Return why a trial failed; an empty string where it did not."""
    error = None if future.cancelled() else future.exception()
    if error is None:
        return ""
    if isinstance(error, CourseError | CallStopped):
        return str(error)
    if isinstance(error, BrokenProcessPool):
        return "Its process crashed or was killed: is there memory enough for so many at a time?"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _make_row(outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"run": outcome.trial.name, "recipe": outcome.trial.recipe, **dict(outcome.trial.values)}
    row |= {"seed": outcome.trial.seed, "status": outcome.status, "error": outcome.error}
    if outcome.summary:
        row |= {name: outcome.summary.settings[name] for name in _SETTINGS}
        row |= {name: value for name, value in outcome.summary.results.items() if name in _RESULTS}
    return row
