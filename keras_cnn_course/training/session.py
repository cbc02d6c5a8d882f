"""One process's work on a run: it trains, writes a checkpoint now and then, and at the end the models and the results.

The order of the writes is chosen so that a process that is killed between any two of them leaves a run that can be
resumed: history.csv before the checkpoint of its epoch, the results after the models, and the status last.
"""

import shlex
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.training import checkpoint
from keras_cnn_course.training.engine import Engine, Scores
from keras_cnn_course.training.fitting import Fit, fit
from keras_cnn_course.training.plan import Plan
from keras_cnn_course.training.stopping import StopRequest, TrainingStopped

__all__ = ["Reporter", "Session"]

# Epochs that end sooner after a checkpoint have none of their own: on small data sets it would cost more than them.
SHORTEST_SECONDS = 3.0


class Reporter:
    """Whoever wants to know how a training goes; this one does nothing."""

    def started(self, plan: Plan, *, parameters: int, path_taken: str, run: RunDirectory) -> None:
        """The model is built and the run folder exists."""

    def resumed(self, fit: Fit) -> None:
        """The training goes on after so many epochs."""

    def warned(self, text: str) -> None:
        """Something is not as it should be, and can be lived with."""

    def progressed(self, epoch: int, seen: int, scores: Scores) -> None:
        """So many images of an epoch are done."""

    def finished_epoch(self, row: Mapping[str, float]) -> None:
        """A row of history.csv was written."""


@dataclass
class Session:
    """Completes a run from wherever it stands. It is the run's only writer (`RunDirectory.writing`).

    Args:
        plan: what to do.
        engine: in the state that belongs to `fit`.
        run: the folder.
        record: what run.json holds.
        fit: the epochs so far.
        reporter: is told.
        stop: asks to stop.
        checkpoint_every: seconds after which a checkpoint is written within an epoch; epochs end with one that are not
            over within 3 seconds, or within this, after the last.
        began: `time.perf_counter()` when the process began to work on the run.
    """

    plan: Plan
    engine: Engine
    run: RunDirectory
    record: RunRecord
    fit: Fit
    reporter: Reporter
    stop: StopRequest
    checkpoint_every: float
    began: float
    last_checkpoint: float = field(init=False)

    def __post_init__(self) -> None:
        self.last_checkpoint = time.perf_counter()

    def complete(self) -> None:
        """Train all epochs, save the models, test the best one, and write the results.

        Raises:
            TrainingError: the loss is not a finite number any more.
            RunError: a file cannot be written.
            TrainingStopped: `stop` asked for it.
        """
        try:
            self._train()
            self._save_results()
        except RunError:
            # The disk is full or gone, and that is being reported; a small file may still find room.
            with suppress(RunError):
                self._write_status("failed")
            raise
        except BaseException as reason:
            self._put_down("interrupted" if isinstance(reason, KeyboardInterrupt) else "failed")
            raise
        self._write_status("finished")
        self.run.remove_checkpoints(self.run.checkpoint_files()[1:])

    def progressed(self, epoch: int, seen: int, scores: Scores) -> None:
        """Pass the progress on."""
        self.reporter.progressed(epoch, seen, scores)

    def finished_segment(self) -> None:
        """Write a checkpoint within an epoch where it is time for one."""
        if self._asked_to_stop():
            self._stop()
        if time.perf_counter() - self.last_checkpoint >= self.checkpoint_every:
            self._write_checkpoint()

    def finished_epoch(self, row: dict[str, float]) -> None:
        """Write the history, and a checkpoint where it is time for one or the last."""
        self.run.write_history(self.fit.history)
        self.reporter.finished_epoch(row)
        is_last = len(self.fit.history) == self.plan.epochs
        if not is_last and self._asked_to_stop():
            self._stop()
        rest = time.perf_counter() - self.last_checkpoint
        if is_last or rest >= min(self.checkpoint_every, SHORTEST_SECONDS):
            self._write_checkpoint()

    def _train(self) -> None:
        if self._asked_to_stop():
            self._stop()
        fit(
            self.engine,
            self.plan.dataset,
            split=self.plan.split,
            epochs=self.plan.epochs,
            seed=self.plan.seed,
            result=self.fit,
            listener=self,
        )

    def _save_results(self) -> None:
        """Save the final and the best model, show the best one the test images, once, and write metrics.json."""
        model, fit, plan = self.engine.model, self.fit, self.plan
        self.run.save_model(model, "final")
        model.set_weights(fit.best_weights)
        self.run.save_model(model, "best")
        test = self.engine.evaluate(plan.dataset.x_test, plan.dataset.y_test)
        self.run.write_metrics(
            {
                "test_loss": round(test.loss, 6),
                "test_accuracy": round(test.accuracy, 6),
                "test_examples": len(plan.dataset.x_test),
                "parameters": model.count_params(),
                "images_per_second": round(plan.epochs * plan.train_examples / fit.seconds, 1),
                "fit_seconds": round(fit.seconds, 3),
                "epochs": plan.epochs,
                "best_epoch": fit.best_epoch,
                "val_accuracy": fit.history[fit.best_epoch - 1]["val_accuracy"],
            }
        )

    def _asked_to_stop(self) -> bool:
        """Return whether any worker was asked to stop: they all stop at the same step, or the others would wait."""
        return self.plan.backend.distribution.any_worker(self.stop.signal is not None)

    def _stop(self) -> None:
        """Write a checkpoint and stop.

        Raises:
            TrainingStopped: always.
        """
        if self.fit.history or self.fit.done:
            self._write_checkpoint()
        raise TrainingStopped(
            f"Stopped in epoch {self.fit.epoch} of {self.plan.epochs}. "
            f"Go on with: kcnn train --resume {shlex.quote(str(self.run.path))}",
            exit_code=self.stop.exit_code,
        )

    def _write_checkpoint(self) -> None:
        steps = len(self.fit.history) * self.plan.steps_per_epoch + -(
            -self.fit.done // self.plan.hyperparameters.batch_size
        )
        record = replace(self.record, seconds=self._seconds())
        checkpoint.write(self.run, checkpoint.take(self.engine, self.fit, record), step=steps)
        self.last_checkpoint = time.perf_counter()

    def _put_down(self, status: str) -> None:
        """Leave the run as something that can be looked into: with the best model so far and its status."""
        if self.fit.best_epoch:
            self.engine.model.set_weights(self.fit.best_weights)
            self.run.save_model(self.engine.model, "best")
        self._write_status(status)

    def _write_status(self, status: str) -> None:
        self.run.write_record(replace(self.record, status=status, seconds=self._seconds()))

    def _seconds(self) -> float:
        """Return the wall seconds of the run so far, those of earlier processes included."""
        return round(self.record.seconds + time.perf_counter() - self.began, 3)
