"""What a training and the program around it tell each other: progress in one direction, a request to stop in the other.

Nothing here needs Keras or TensorFlow, so that a command can listen for Ctrl-C before it loads them.
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_cnn_course.training.checkpoint import TrainingState
    from keras_cnn_course.training.engine import Scores
    from keras_cnn_course.training.plan import Plan

__all__ = ["Callback", "Callbacks", "StopRequest", "TrainingStart", "TrainingStopped"]


@dataclass(frozen=True)
class TrainingStart:
    """A training at its beginning.

    Args:
        plan: what will be done.
        model: the compiled Keras model that is trained. Setting its `stop_training` to True ends the training after
            the current epoch.
        state: the epochs so far, in a resumed run.
        parameters: number of parameters of the model.
        engine: how the training step is computed, in a few words.
        path: the run folder.
    """

    plan: "Plan"
    model: Any
    state: "TrainingState"
    parameters: int
    engine: str
    path: Path


class Callback:
    """Receives the progress of a training. This one ignores it; override the methods you need.

    An exception raised in a method ends the training, which then leaves the run folder as an interruption does.
    """

    def on_plan(self, plan: "Plan") -> None:
        """The plan is made, and nothing is written yet: the moment to refuse it."""

    def on_train_begin(self, start: TrainingStart) -> None:
        """The model is built and the run folder exists."""

    def on_epoch_begin(self, epoch: int) -> None:
        """An epoch, counted from 1, begins, or continues in a resumed run."""

    def on_progress(self, epoch: int, scores: "Scores") -> None:
        """Some more steps are done.

        Args:
            epoch: the current epoch, counted from 1.
            scores: over the images of this epoch so far.
        """

    def on_epoch_end(self, row: Mapping[str, float]) -> None:
        """An epoch is over and its row is in history.csv."""

    def on_early_stop(self, epoch: int, best_epoch: int) -> None:
        """The training ends after `epoch`, because the validation loss is smallest at `best_epoch`, long before."""

    def on_train_end(self) -> None:
        """The last epoch is over; the models are not saved yet."""

    def on_warning(self, text: str) -> None:
        """Something is wrong, but the training continues."""


class Callbacks(Callback):
    """Passes the progress on to several callbacks, in their order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self.callbacks = tuple(callbacks)

    def on_plan(self, plan: "Plan") -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_plan(plan)

    def on_train_begin(self, start: TrainingStart) -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_train_begin(start)

    def on_epoch_begin(self, epoch: int) -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def on_progress(self, epoch: int, scores: "Scores") -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_progress(epoch, scores)

    def on_epoch_end(self, row: Mapping[str, float]) -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_epoch_end(row)

    def on_early_stop(self, epoch: int, best_epoch: int) -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_early_stop(epoch, best_epoch)

    def on_train_end(self) -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_train_end()

    def on_warning(self, text: str) -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_warning(text)


class TrainingStopped(KeyboardInterrupt):
    """The training stopped on request, after a checkpoint. The message says how to resume it.

    Args:
        exit_code: the exit code of a process ended by that signal, 128 plus the signal's number.
    """

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class StopRequest:
    """Whether a signal has asked the training to stop, and which one.

    Args:
        announced: whether the first signal is answered with a line on stderr.
    """

    def __init__(self, *, announced: bool = True) -> None:
        self.announced = announced
        self.signal: int | None = None  # number of the signal that came

    @property
    def exit_code(self) -> int:
        """128 plus the number of the signal, as in a shell: 130 for SIGINT, 143 for SIGTERM."""
        return 128 + (self.signal or signal.SIGINT)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note the first SIGINT or SIGTERM instead of ending at once; a second one does end at once.

        Only the main thread receives signals; in another one, nothing is noted.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        if self.announced:  # print is not safe here: the signal may have come in the middle of another print
            os.write(2, b"\nStopping at the next checkpoint. Press Ctrl-C again to stop at once, without one.\n")
