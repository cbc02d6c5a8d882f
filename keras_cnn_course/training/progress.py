"""The progress of a training: a live bar on a terminal or in a notebook, one line per epoch elsewhere on stderr."""

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keras_cnn_course.datasets.pixels import describe_pixels
from keras_cnn_course.files.printable import printable
from keras_cnn_course.files.tables import count
from keras_cnn_course.training.callbacks import Callback, TrainingStart
from keras_cnn_course.training.engine import Scores
from keras_cnn_course.training.plan import Plan

__all__ = ["NotebookProgress", "ProgressBar", "ProgressLines", "QuietProgress", "showing_progress"]

_BESIDE_BAR = 58  # columns for the epoch, the scores and the time left
_LABEL = 10  # columns for the first word of a line of the plan
# Values with which a hyperparameter does nothing; the plan does not name them.
_OFF = {"class_weight": "none", "patience": 0, "plain_epochs": 0, "train_examples": 0}
_NOTEBOOK_BAR = 30  # columns
_NOTEBOOK_SECONDS = 0.2  # between two updates, so that a quick training does not flood the notebook


@contextmanager
def showing_progress(*, quiet: bool = False) -> Iterator[Callback]:
    """Give a callback that shows the progress where somebody looks at it; only warnings when quiet."""
    if quiet:
        yield QuietProgress()
    elif _is_notebook():
        notebook = NotebookProgress()
        try:
            yield notebook
        finally:
            notebook.finish()
    elif sys.stderr.isatty() and "JPY_PARENT_PID" not in os.environ:  # a notebook's `!kcnn` shows a bar as many lines
        bar = ProgressBar()
        with bar.display:
            yield bar
    else:
        yield ProgressLines()


def _is_notebook() -> bool:
    interactive = sys.modules.get("IPython")
    return interactive is not None and hasattr(interactive.get_ipython(), "kernel")


class QuietProgress(Callback):
    """Prints warnings only."""

    def on_warning(self, text: str) -> None:
        """Print the warning."""
        self.print(f"Warning: {text}")

    def print(self, text: str) -> None:
        """Write a line to stderr."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class ProgressLines(QuietProgress):
    """Prints the plan, and one line per epoch."""

    def on_train_begin(self, start: TrainingStart) -> None:
        """Print the plan, and where a resumed run continues."""
        self.epochs, state = start.plan.epochs, start.state
        self.print("\n".join(_describe(start)))
        if state.history or state.scores.images:
            within = f" and {state.scores.images:,} images of the next" if state.scores.images else ""
            self.print(f"resuming  after epoch {len(state.history)}/{self.epochs}{within}")

    def on_epoch_end(self, row: Mapping[str, float]) -> None:
        """Print a line, with shorter names where it would not fit."""
        number = f"epoch {row['epoch']:>{len(str(self.epochs))}}/{self.epochs}"
        training = f"loss {row['loss']:.4f}  accuracy {row['accuracy']:.4f}"
        loss, accuracy, seconds = f"{row['val_loss']:.4f}", f"{row['val_accuracy']:.4f}", f"{row['seconds']:.1f} s"
        line = f"{number}  {training}  val_loss {loss}  val_accuracy {accuracy}  {seconds}"
        if len(line) > _page_width():
            line = f"{number}  {training}  validation {loss}  {accuracy}  {seconds}"
        self.print(line)

    def on_early_stop(self, epoch: int, best_epoch: int) -> None:
        """Print why there are no more epochs."""
        self.print(
            f"stopping early after epoch {epoch} of {self.epochs}: no smaller validation loss since epoch {best_epoch}"
        )


class ProgressBar(ProgressLines):
    """Prints the same above a live bar with the time left."""

    def __init__(self) -> None:
        console = Console(file=getattr(sys.stderr, "terminal", sys.stderr))  # that of the command line escapes controls
        self.display = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=max(4, min(40, console.width - _BESIDE_BAR))),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[scores]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    def on_train_begin(self, start: TrainingStart) -> None:
        """Print the plan and show the bar."""
        super().on_train_begin(start)
        self.examples = start.plan.train_examples
        self.task = self.display.add_task("train", total=self.epochs * self.examples, epoch=1, scores="")

    def on_progress(self, epoch: int, scores: Scores) -> None:
        """Move the bar."""
        self.display.update(
            self.task,
            completed=(epoch - 1) * self.examples + scores.images,
            epoch=f"{epoch}/{self.epochs}",
            scores=f"loss {scores.loss:.4f}  accuracy {scores.accuracy:.4f}",
        )

    def print(self, text: str) -> None:
        """Print above the bar."""
        self.display.console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


class NotebookProgress(ProgressLines):
    """Shows the same in one output of a notebook's cell, above a bar that moves."""

    def __init__(self) -> None:
        from IPython.display import display

        self.lines: list[str] = []
        self.updated = 0.0
        self.output = display({"text/plain": ""}, raw=True, display_id=True)

    def on_train_begin(self, start: TrainingStart) -> None:
        """Show the plan."""
        super().on_train_begin(start)
        self.examples, self.began = start.plan.train_examples, time.monotonic()
        self.before = len(start.state.history) * self.examples + start.state.scores.images

    def on_progress(self, epoch: int, scores: Scores) -> None:
        """Move the bar."""
        now, total = time.monotonic(), self.epochs * self.examples
        if now < self.updated + _NOTEBOOK_SECONDS:
            return
        self.updated = now
        done = (epoch - 1) * self.examples + scores.images
        left = (now - self.began) / max(1, done - self.before) * (total - done)
        bar = ("█" * round(_NOTEBOOK_BAR * done / total)).ljust(_NOTEBOOK_BAR, "░")
        scored = f"loss {scores.loss:.4f}  accuracy {scores.accuracy:.4f}"
        self._show(f"epoch {epoch}/{self.epochs} {bar} {done / total:4.0%}  {scored}  {left:.0f} s left")

    def print(self, text: str) -> None:
        """Write above the bar, which comes back with the next step."""
        self.lines.append(printable(text))
        self._show()

    def finish(self) -> None:
        """Remove the bar."""
        self._show()

    def _show(self, *bar: str) -> None:
        self.output.update({"text/plain": "\n".join([*self.lines, *bar])}, raw=True)


def _describe(start: TrainingStart) -> list[str]:
    """Return the plan in lines: recipe, data, length of the training, how it is computed, where it is written."""
    plan, data = start.plan, start.plan.dataset
    used = plan.hyperparameters.used().items()
    values = ", ".join(f"{name}={value}" for name, value in used if _OFF.get(name) != value)
    shape = "x".join(str(size) for size in data.input_shape)
    epochs = " + ".join(str(epochs) for epochs in plan.cycles)
    length = f"{epochs} epoch{'' if epochs == '1' else 's'} of {plan.steps_per_epoch} steps"
    most = "at most " if plan.hyperparameters.patience else ""
    reason = f" ({plan.length_reason})" if plan.length_reason else ""
    lines = [
        f"recipe    {plan.recipe.source.name}: {start.parameters:,} parameters; {values}",
        f"data      {data.name}: {plan.train_examples:,} training, {len(plan.val_index):,} validation and "
        f"{len(data.x_test):,} test images; {shape}, {data.num_classes} classes; {describe_pixels(data.pixel_range)}",
        *(f"          {note}" for note in data.notes),
        f"training  {most}{length}{reason}; seed {plan.seed}",
        f"computing on {plan.backend.device}{_describe_replicas(plan)}, {count(plan.backend.threads, 'thread')}, "
        f"{plan.precision} ({plan.precision_reason}); {start.engine}",
        f"writing   {start.path}",
    ]
    return [_wrap(line) for line in lines]


def _wrap(line: str) -> str:
    """Break a line of the plan where the terminal ends, and keep its label in a column of its own."""
    return textwrap.fill(
        line, _page_width(), subsequent_indent=" " * _LABEL, break_on_hyphens=False, break_long_words=False
    )


def _page_width() -> int:
    """Return the columns of the terminal; 80 where there is none."""
    return max(40, shutil.get_terminal_size().columns)


def _describe_replicas(plan: Plan) -> str:
    distribution = plan.backend.distribution
    if distribution.replicas == 1:
        return ""
    workers = f" in {distribution.workers} processes" if distribution.workers > 1 else ""
    return f" and others: {distribution.replicas} replicas{workers} ({distribution.name})"
