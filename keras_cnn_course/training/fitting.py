"""The epochs of a training: each in an order of its own, scored on the held-out images, the best one kept."""

import math
import time
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import TrainingError
from keras_cnn_course.training.engine import Engine, Scores

__all__ = ["Fit", "FitListener", "fit"]

# Optimizer steps after which a training can be stopped and resumed: few where a step takes long. The images of an
# epoch are always divided alike, whether it is interrupted or not, so that its loss is the same sum to the last bit.
SEGMENT_STEPS = {"CPU": 40, "GPU": 1000}


@dataclass
class Fit:
    """What the training so far has brought; grows while it goes on.

    Args:
        history: a row an epoch, as in history.csv.
        best_epoch: the epoch, counted from 1, with the smallest loss on the held-out images; 0 before the first ends.
        best_weights: the model's weights after that epoch.
        done: images of the current epoch that are trained on.
        loss_sum: their summed loss.
        right: how many of them were classified right.
        seconds_done: wall seconds spent on them.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: list[np.ndarray] = field(default_factory=list)
    done: int = 0
    loss_sum: float = 0.0
    right: int = 0
    seconds_done: float = 0.0

    @property
    def epoch(self) -> int:
        """The current epoch, counted from 1."""
        return len(self.history) + 1

    @property
    def is_best_now(self) -> bool:
        """Whether the model's weights are, unchanged, those of the best epoch."""
        return self.best_epoch == len(self.history) and not self.done

    @property
    def seconds(self) -> float:
        """Wall seconds of all epochs, scoring included."""
        return sum(row["seconds"] for row in self.history)

    def add_images(self, count: int, scores: Scores, seconds: float) -> None:
        """Add the next images of the current epoch."""
        self.done += count
        self.loss_sum += scores.loss * count
        self.right += round(scores.accuracy * count)
        self.seconds_done += seconds

    def end_epoch(self, row: dict[str, float]) -> bool:
        """Append the current epoch, begin the next, and return whether it was the best so far."""
        is_best = not self.best_epoch or row["val_loss"] < self.history[self.best_epoch - 1]["val_loss"]
        self.history.append(row)
        self.best_epoch = len(self.history) if is_best else self.best_epoch
        self.done, self.loss_sum, self.right, self.seconds_done = 0, 0.0, 0, 0.0
        return is_best


class FitListener(Protocol):
    """Whoever is told how a fit goes, at moments when it can be stopped by an exception and resumed later."""

    def progressed(self, epoch: int, seen: int, scores: Scores) -> None:
        """So many images of an epoch are done; the only moment that does not suit a stop."""

    def finished_segment(self) -> None:
        """Some steps of an epoch are done, not all."""

    def finished_epoch(self, row: dict[str, float]) -> None:
        """An epoch was added to the history."""


def fit(
    engine: Engine,
    dataset: Dataset,
    *,
    split: tuple[np.ndarray, np.ndarray],
    epochs: int,
    seed: int,
    result: Fit,
    listener: FitListener,
) -> None:
    """Train until `result` has so many epochs, from wherever it stands.

    Keras shuffles alike in every epoch once it is seeded, so the order comes from the seed and the epoch: it differs
    from epoch to epoch and repeats with the seed.

    Args:
        engine: with the model to train, in the state that belongs to `result`.
        dataset: its training images are used, its test images are not.
        split: indices to train on and indices held out.
        epochs: number of epochs in all.
        seed: of the order of the images.
        result: receives the epochs; still holds what was done when this raises.
        listener: is told.

    Raises:
        TrainingError: the loss is not a finite number any more.
    """
    train_index, val_index = split
    x_val, y_val = dataset.x_train[val_index], dataset.y_train[val_index]
    engine.load(dataset.x_train, dataset.y_train)
    while result.epoch <= epochs:
        order = train_index[epoch_order(len(train_index), seed=seed, epoch=result.epoch)]
        _train_epoch(engine, order, result=result, listener=listener)
        began = time.perf_counter()
        val = engine.evaluate(x_val, y_val)
        _check_finite(val.loss, f"on the held-out images after epoch {result.epoch}")
        row = _make_row(engine, result, val=val, scoring_seconds=time.perf_counter() - began)
        if result.end_epoch(row):
            result.best_weights = engine.model.get_weights()
        listener.finished_epoch(row)


def epoch_order(examples: int, *, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the training images in an epoch, a permutation of `range(examples)`."""
    return np.random.default_rng([seed, epoch]).permutation(examples)


def _train_epoch(engine: Engine, order: np.ndarray, *, result: Fit, listener: FitListener) -> None:
    """Train on the rest of the current epoch, segment by segment."""
    length = SEGMENT_STEPS["GPU" if "GPU" in engine.tf_device else "CPU"] * engine.batch_size
    while result.done < len(order):
        segment, began = order[result.done : result.done + length], time.perf_counter()
        scores = engine.train(segment, _Watch(result, engine.batch_size, listener))
        result.add_images(len(segment), scores, time.perf_counter() - began)
        if result.done < len(order):
            listener.finished_segment()


class _Watch:
    """Passes on the progress of a segment as that of its epoch, and stops at a loss that is not a number."""

    def __init__(self, result: Fit, batch_size: int, listener: FitListener) -> None:
        self.result, self.batch_size, self.listener, self.last = result, batch_size, listener, 0

    def __call__(self, seen: int, scores: Scores) -> None:
        result = self.result
        first, last = ((result.done + images) // self.batch_size for images in (self.last, seen - 1))
        _check_finite(scores.loss, f"in epoch {result.epoch}, step {first + 1}" + f" to {last + 1}" * (last > first))
        self.last = seen
        images = result.done + seen
        loss_sum, right = result.loss_sum + scores.loss * seen, result.right + scores.accuracy * seen
        self.listener.progressed(result.epoch, images, Scores(loss_sum / images, right / images))


def _make_row(engine: Engine, result: Fit, *, val: Scores, scoring_seconds: float) -> dict[str, float]:
    """Return the current epoch as a row of history.csv."""
    return {
        "epoch": result.epoch,
        "loss": round(result.loss_sum / result.done, 6),
        "accuracy": round(result.right / result.done, 6),
        "val_loss": round(val.loss, 6),
        "val_accuracy": round(val.accuracy, 6),
        "learning_rate": float(f"{float(np.asarray(engine.optimizer.learning_rate)):.6g}"),
        "seconds": round(result.seconds_done + scoring_seconds, 3),
    }


def _check_finite(loss: float, where: str) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"Expected a finite loss. Received: {loss} {where}. The last checkpoint and the best model are kept. "
            "Try a smaller --learning-rate, or --precision float32."
        )
