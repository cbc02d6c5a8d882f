"""The loop of a training: epoch by epoch to the end, from wherever the run is.

The order of the writes is chosen so that a process that is killed between any two of them leaves a run that can be
resumed: history.csv before the checkpoint of its epoch, the results after the models, and the status last.
"""

import math
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import tensorflow as tf

from keras_cnn_course.errors import RunError, TrainingError
from keras_cnn_course.files.command_line import join_words
from keras_cnn_course.models.graph import has_graph
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.training import checkpoint
from keras_cnn_course.training.callbacks import Callback, StopRequest, TrainingStart, TrainingStopped
from keras_cnn_course.training.checkpoint import TrainingState
from keras_cnn_course.training.diagnosis import diagnose_run
from keras_cnn_course.training.engine import Engine, Scores
from keras_cnn_course.training.health import SAMPLE, HealthCheck, is_due
from keras_cnn_course.training.plan import Plan
from keras_cnn_course.training.update import read_learning_rate

__all__ = ["Supervision", "Trainer", "epoch_order"]

# Optimizer steps after which a training can be stopped and resumed: few where a step takes long. The images of an
# epoch are always divided in the same way, interrupted or not, so that its loss is the same sum to the last bit.
SEGMENT_STEPS = {"CPU": 40, "GPU": 1000}
# An epoch that ends sooner after a checkpoint gets none of its own: on a small data set, writing it would take longer
# than the epoch.
SHORTEST_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Supervision:
    """Who watches a training and who may stop it.

    Args:
        callback: receives the progress.
        stop: asks the training to stop at the next checkpoint.
        checkpoint_every: seconds after which a checkpoint is written within an epoch. An epoch ends with one if the
            last is 3 seconds old, or this old.
        began: `time.perf_counter()` when the process began to work on the run.
    """

    callback: Callback
    stop: StopRequest
    checkpoint_every: float
    began: float


@dataclass(kw_only=True)
class Trainer:
    """Completes a run from wherever it is. It is the run's only writer (`RunDirectory.writing`).

    Args:
        plan: what to do.
        engine: computes the steps; its variables belong to `state`.
        record: what run.json holds.
        supervision: who watches and stops the training.
        state: the epochs so far and the position in the current one.
    """

    plan: Plan
    engine: Engine
    run: RunDirectory
    record: RunRecord
    supervision: Supervision
    state: TrainingState = field(default_factory=TrainingState)
    last_checkpoint: float = field(init=False)
    kept_weights: list[np.ndarray] = field(init=False)

    def complete(self) -> None:
        """Train all epochs, save the models, test the one that is kept, and write the results.

        Raises:
            TrainingError: the loss is no longer a finite number.
            RunError: a file cannot be written.
            TrainingStopped: `stop` asked for it.
        """
        self.engine.model.stop_training = False
        start = TrainingStart(
            plan=self.plan,
            model=self.engine.model,
            state=self.state,
            parameters=self.engine.model.count_params(),
            engine=self.engine.describe(),
            path=self.run.path,
        )
        try:
            self.supervision.callback.on_train_begin(start)
            self._train()
            self._save_results()
        except RunError:
            # The disk is full or gone, which is being reported; a small file may still find room.
            with suppress(RunError):
                self._write_status("failed")
            raise
        except BaseException as reason:
            if self.state.best_epoch:
                self.engine.model.set_weights(self.state.best_weights)
                self.run.save_model(self.engine.model, "best")
            self._write_status("interrupted" if isinstance(reason, KeyboardInterrupt) else "failed")
            raise
        self._write_status("finished")
        for finding in diagnose_run(self.run):
            self.supervision.callback.on_warning(finding)
        self.run.remove_checkpoints(self.run.checkpoint_files()[1:])

    def _train(self) -> None:
        """Train epoch by epoch: steps, validation, best weights, history, checkpoint."""
        plan, engine, state, dataset = self.plan, self.engine, self.state, self.plan.dataset
        segment = SEGMENT_STEPS["GPU" if "GPU" in engine.tf_device else "CPU"] * engine.batch_size
        x_val, y_val = dataset.x_train[plan.val_index], dataset.y_train[plan.val_index]
        self.last_checkpoint = time.perf_counter()
        self._stop_if_asked()
        while not self._has_ended:
            self.supervision.callback.on_epoch_begin(state.epoch)
            order = plan.train_index[epoch_order(plan.train_examples, seed=plan.seed, epoch=state.epoch)]
            while state.scores.images < len(order):
                self._train_segment(order[state.scores.images :][:segment])
                if state.scores.images < len(order):
                    self._stop_if_asked()
                    self._write_checkpoint_if_older(self.supervision.checkpoint_every)

            began = time.perf_counter()
            with engine.final_weights():
                val = engine.evaluate(x_val, y_val)
                self._check_finite(val.loss, f"on the validation images after epoch {state.epoch}")
                row = self._make_row(val, validation_seconds=time.perf_counter() - began)
                if state.end_epoch(row):
                    state.best_weights = engine.model.get_weights()
            self.run.write_history(state.history)
            self._check_health()
            self.supervision.callback.on_epoch_end(row)
            if self._has_ended:
                self._check_health()  # not yet done if a callback has just ended the training
                self._write_checkpoint()
            else:
                self._stop_if_asked()
                self._write_checkpoint_if_older(min(self.supervision.checkpoint_every, SHORTEST_SECONDS))

        if len(state.history) < plan.epochs and not engine.model.stop_training:
            self.supervision.callback.on_early_stop(len(state.history), state.best_epoch)
        if self._keep == "last":
            with engine.final_weights():
                self.kept_weights = engine.model.get_weights()
        else:
            self.kept_weights = state.best_weights
        self.supervision.callback.on_train_end()  # which may give the model other weights

    @property
    def _has_ended(self) -> bool:
        patience = self.plan.hyperparameters.patience
        is_stopped = self.engine.model.stop_training and len(self.state.history) > 0  # without an epoch, no model
        return is_stopped or self.state.has_ended(self.plan.epochs, patience=patience)

    @property
    def _keep(self) -> str:
        """The epoch whose model is kept: a training that ends before its last one keeps the best."""
        return self.plan.hyperparameters.keep if len(self.state.history) == self.plan.epochs else "best"

    def _train_segment(self, images: np.ndarray) -> None:
        """Train on the images with these indices, some steps of the current epoch."""
        state, batch_size, began = self.state, self.engine.batch_size, time.perf_counter()
        for scores in self.engine.train_in_parts(images, plain=self.plan.is_plain(state.epoch)):
            first = state.scores.images // batch_size + 1
            state.scores += scores
            last = -(-state.scores.images // batch_size)
            steps = f"step {first}" if first == last else f"steps {first} to {last}"
            self._check_finite(scores.loss, f"in epoch {state.epoch}, {steps}")
            self.supervision.callback.on_progress(state.epoch, state.scores)
        state.epoch_seconds += time.perf_counter() - began

    def _make_row(self, val: Scores, *, validation_seconds: float) -> dict[str, float]:
        """Return the current epoch as a row of history.csv."""
        state = self.state
        return {
            "epoch": state.epoch,
            "loss": round(state.scores.loss, 6),
            "accuracy": round(state.scores.accuracy, 6),
            "val_loss": round(val.loss, 6),
            "val_accuracy": round(val.accuracy, 6),
            "learning_rate": read_learning_rate(self.engine.optimizer),
            "seconds": round(state.epoch_seconds + validation_seconds, 3),
        }

    def _save_results(self) -> None:
        """Save the final model and the one that is kept, test the latter, once, and write metrics.json."""
        model, state, plan = self.engine.model, self.state, self.plan
        with self.engine.final_weights():
            self.run.save_model(model, "final")
        model.set_weights(self.kept_weights)
        self.run.save_model(model, "best")
        epochs = len(state.history)
        kept_epoch = epochs if self._keep == "last" else state.best_epoch
        test = self.engine.evaluate(plan.dataset.x_test, plan.dataset.y_test)
        self.run.write_metrics(
            {
                "test_loss": round(test.loss, 6),
                "test_accuracy": round(test.accuracy, 6),
                "test_examples": len(plan.dataset.x_test),
                "parameters": model.count_params(),
                "images_per_second": round(epochs * plan.train_examples / state.seconds, 1),
                "fit_seconds": round(state.seconds, 3),
                "epochs": epochs,
                "keep": self._keep,
                "best_epoch": kept_epoch,
                "val_accuracy": state.history[kept_epoch - 1]["val_accuracy"],
                **self._judge_classes(test.accuracy),
            }
        )

    def _judge_classes(self, accuracy: float) -> dict[str, float | int | str]:
        """Return the worst class of the test images and the mean over the classes, if there are rare classes.

        The accuracy hides a rare class: 97% may mean that all images of it are wrong. The only class that the model
        knows is returned too, if there is only one.
        """
        dataset = self.plan.dataset
        shares = np.bincount(dataset.y_test) / len(dataset.y_test)
        knows_one = bool(np.isclose(shares, accuracy, rtol=0, atol=1e-9).any())  # or happens to be as accurate
        if not (self.plan.has_rare_classes or knows_one):
            return {}
        correct = self.engine.find_correct(dataset.x_test, dataset.y_test)
        recalls = {label: float(correct[dataset.y_test == label].mean()) for label in np.unique(dataset.y_test)}
        only = [dataset.class_names[label] for label, recall in recalls.items() if recall]
        alone = {"only_class": only[0]} if knows_one and len(only) == 1 and len(recalls) > 1 else {}
        if not self.plan.has_rare_classes:
            return {**alone}
        worst = min(recalls, key=recalls.__getitem__)
        return {
            "balanced_accuracy": round(float(np.mean(list(recalls.values()))), 6),
            "worst_class": dataset.class_names[worst],
            "worst_class_accuracy": round(recalls[worst], 6),
            "worst_class_examples": int((dataset.y_test == worst).sum()),
            **alone,
        }

    def _check_finite(self, loss: float, where: str) -> None:
        if not math.isfinite(loss):
            kept = checkpoint.describe_kept(self.run, self.state)
            raise TrainingError(
                f"The loss became {loss} {where}.{kept} Try a smaller `learning_rate=`, or `precision='float32'`."
            )

    def _check_health(self) -> None:
        """Measure the layers after the epoch that just ended, if it is time and not done; with one replica only."""
        plan, epoch = self.plan, len(self.state.history)
        is_done = any(row.epoch == epoch for row in self.state.health)
        due = not is_done and is_due(epoch, train_examples=plan.train_examples, is_last=self._has_ended)
        if due and self.engine.replicas == 1 and self._health_check is not None:
            with tf.device(self.engine.tf_device):
                self.state.health += self._health_check.measure(epoch)
            self.run.write_health(self.state.health)

    @cached_property
    def _health_check(self) -> HealthCheck | None:
        """The measurement of the layers; None, with a warning, where Keras does not know how they are connected."""
        if not has_graph(self.engine.model):
            self.supervision.callback.on_warning(
                f"The layers of model {self.engine.model.name!r} are not measured, because its `call` is written by "
                "hand. Use a keras.Sequential model or the functional API to see whether they are healthy."
            )
            return None
        sample, dataset = self.plan.sample_training(SAMPLE), self.plan.dataset
        return HealthCheck(self.engine.model, dataset.x_train[sample], dataset.y_train[sample])

    def _stop_if_asked(self) -> None:
        """Write a checkpoint and stop, if any worker was asked to: all stop at the same step, or others would wait.

        Raises:
            TrainingStopped: one was asked to stop.
        """
        if not self.plan.backend.distribution.any_worker(self.supervision.stop.signal is not None):
            return
        if self.state.history or self.state.scores.images:
            self._write_checkpoint()
        raise TrainingStopped(
            f"Stopped in epoch {self.state.epoch} of {self.plan.epochs}. "
            f"Resume with: kcnn train --resume {join_words([self.run.path])}",
            exit_code=self.supervision.stop.exit_code,
        )

    def _write_checkpoint_if_older(self, seconds: float) -> None:
        if time.perf_counter() - self.last_checkpoint >= seconds:
            self._write_checkpoint()

    def _write_checkpoint(self) -> None:
        steps = len(self.state.history) * self.plan.steps_per_epoch
        steps += -(-self.state.scores.images // self.engine.batch_size)
        record = replace(self.record, seconds=self._seconds())
        checkpoint.write(self.run, checkpoint.take(self.engine, self.state, record), step=steps)
        self.last_checkpoint = time.perf_counter()

    def _write_status(self, status: str) -> None:
        self.run.write_record(replace(self.record, status=status, seconds=self._seconds()))

    def _seconds(self) -> float:
        """Return the wall seconds of the run so far, including those of earlier processes."""
        return round(self.record.seconds + time.perf_counter() - self.supervision.began, 3)


def epoch_order(examples: int, *, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the training images in an epoch, a permutation of `range(examples)`.

    Keras uses the same order in every epoch once it is seeded. This one differs from epoch to epoch and repeats with
    the seed.
    """
    return np.random.default_rng([seed, epoch]).permutation(examples)
