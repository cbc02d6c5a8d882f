"""Telling on stderr how a training goes: a live bar on a terminal, a line an epoch elsewhere."""

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.training.engine import Scores
from keras_cnn_course.training.fitting import Fit
from keras_cnn_course.training.run import Plan, Reporter

__all__ = ["make_reporter"]


def make_reporter(*, quiet: bool) -> "QuietReporter":
    """Return what fits stderr: a bar on a terminal, lines elsewhere, nothing when quiet."""
    if quiet:
        return QuietReporter()
    return BarReporter() if sys.stderr.isatty() else LineReporter()


class QuietReporter(Reporter):
    """Says nothing but warnings."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def warned(self, text: str) -> None:
        """Print the warning."""
        self.print(f"Warning: {text}")

    def print(self, text: str) -> None:
        """Write a line to stderr."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class LineReporter(QuietReporter):
    """Prints the plan, and a line an epoch."""

    def started(self, plan: Plan, *, parameters: int, path_taken: str, run: RunDirectory) -> None:
        """Print the plan."""
        self.epochs = plan.epochs
        self.print("\n".join(_describe(plan, parameters=parameters, path_taken=path_taken, run=run)))

    def resumed(self, fit: Fit) -> None:
        """Print where the training goes on."""
        within = f" and {fit.done:,} images of the next" if fit.done else ""
        self.print(f"resuming  after epoch {len(fit.history)}/{self.epochs}{within}")

    def finished_epoch(self, row: Mapping[str, float]) -> None:
        """Print a line."""
        self.print(
            f"epoch {row['epoch']:>{len(str(self.epochs))}}/{self.epochs}  "
            f"loss {row['loss']:.4f}  accuracy {row['accuracy']:.4f}  "
            f"val_loss {row['val_loss']:.4f}  val_accuracy {row['val_accuracy']:.4f}  {row['seconds']:.1f} s"
        )


class BarReporter(LineReporter):
    """Prints the plan and a line an epoch above a live bar with the time left."""

    def __init__(self) -> None:
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[scores]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()

    def started(self, plan: Plan, *, parameters: int, path_taken: str, run: RunDirectory) -> None:
        """Print the plan and show the bar."""
        super().started(plan, parameters=parameters, path_taken=path_taken, run=run)
        self.examples = plan.train_examples
        self.task = self.bar.add_task("train", total=plan.epochs * self.examples, epoch=1, scores="")

    def progressed(self, epoch: int, seen: int, scores: Scores) -> None:
        """Move the bar."""
        self.bar.update(
            self.task,
            completed=(epoch - 1) * self.examples + seen,
            epoch=f"{epoch}/{self.epochs}",
            scores=f"loss {scores.loss:.4f}  accuracy {scores.accuracy:.4f}",
        )

    def print(self, text: str) -> None:
        """Print above the bar."""
        self.bar.console.print(text, highlight=False, markup=False, soft_wrap=True)


def _describe(plan: Plan, *, parameters: int, path_taken: str, run: RunDirectory) -> list[str]:
    """Return the plan in lines: recipe, data, length of the training, how it is computed, where it is written."""
    chosen, data = plan.hyperparameters, plan.dataset
    values = ", ".join(f"{name}={value}" for name, value in chosen.used().items())
    length = f"{' + '.join(str(epochs) for epochs in plan.cycles)} epochs of {plan.steps_per_epoch} steps"
    if len(plan.cycles) == 1 and plan.epochs > chosen.epochs:
        length += (
            f" (epochs={chosen.epochs} would be {chosen.epochs * plan.steps_per_epoch} steps, "
            f"fewer than min_steps={chosen.min_steps})"
        )
    shape = "x".join(str(size) for size in data.input_shape)
    return [
        f"recipe    {plan.recipe.source.name}: {parameters:,} parameters; {values}",
        f"data      {data.name}: {plan.train_examples:,} images to train on, {len(plan.split[1]):,} held out, "
        f"{len(data.x_test):,} to test; {shape}, {data.num_classes} classes",
        f"training  {length}; seed {plan.seed}",
        f"computing on {plan.backend.device}{_tell_replicas(plan)}, {plan.backend.threads} threads, {plan.precision}: "
        f"{plan.precision_reason}; {path_taken}",
        f"writing   {run.path}",
    ]


def _tell_replicas(plan: Plan) -> str:
    shared = plan.backend.distribution
    if shared.replicas == 1:
        return ""
    workers = f" in {shared.workers} processes" if shared.workers > 1 else ""
    return f" and others: {shared.replicas} replicas{workers} ({shared.name})"
