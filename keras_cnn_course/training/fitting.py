"""The epochs of a training: each in an order of its own, scored on the held-out images, the best one kept."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import TrainingError
from keras_cnn_course.training.engine import Engine, Scores

__all__ = ["Fit", "fit"]


@dataclass
class Fit:
    """What the epochs so far have brought; grows while training goes on.

    Args:
        history: a row an epoch, as in history.csv.
        best_epoch: the epoch, counted from 1, with the smallest loss on the held-out images; 0 before the first ends.
        best_weights: the model's weights after that epoch.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: list[np.ndarray] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Wall seconds of all epochs, scoring included."""
        return sum(row["seconds"] for row in self.history)

    def add(self, row: dict[str, float], weights: list[np.ndarray]) -> None:
        """Append an epoch; the best one has the smallest loss on the held-out images."""
        if not self.best_epoch or row["val_loss"] < self.history[self.best_epoch - 1]["val_loss"]:
            self.best_epoch, self.best_weights = len(self.history) + 1, weights
        self.history.append(row)


def fit(
    engine: Engine,
    dataset: Dataset,
    *,
    split: tuple[np.ndarray, np.ndarray],
    epochs: int,
    seed: int,
    result: Fit,
    progressed: Callable[[int, int, Scores], None],
    finished_epoch: Callable[[dict[str, float]], None],
) -> None:
    """Train for some epochs, adding each to `result`.

    Keras shuffles alike in every epoch once it is seeded, so the order comes from the seed and the epoch: it differs
    from epoch to epoch and repeats with the seed.

    Args:
        engine: with the model to train.
        dataset: its training images are used, its test images are not.
        split: indices to train on and indices held out.
        epochs: number of epochs.
        seed: of the order of the images.
        result: receives the epochs; still holds the finished ones when this raises.
        progressed: called within an epoch with its number, the images seen and the scores so far.
        finished_epoch: called with each row of the history.

    Raises:
        TrainingError: the loss is not a finite number any more.
    """
    train_index, val_index = split
    x_val, y_val = dataset.x_train[val_index], dataset.y_train[val_index]
    engine.load(dataset.x_train, dataset.y_train)
    for epoch in range(1, epochs + 1):
        began = time.perf_counter()

        def check(seen: int, scores: Scores, epoch: int = epoch) -> None:
            _check_finite(epoch, seen, scores)
            progressed(epoch, seen, scores)

        scores = engine.train(train_index[epoch_order(len(train_index), seed=seed, epoch=epoch)], check)
        val = engine.evaluate(x_val, y_val)
        row = {
            "epoch": epoch,
            "loss": round(scores.loss, 6),
            "accuracy": round(scores.accuracy, 6),
            "val_loss": round(val.loss, 6),
            "val_accuracy": round(val.accuracy, 6),
            "learning_rate": float(f"{float(engine.optimizer.learning_rate):.6g}"),
            "seconds": round(time.perf_counter() - began, 3),
        }
        result.add(row, engine.model.get_weights())
        finished_epoch(row)


def epoch_order(examples: int, *, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the training images in an epoch, a permutation of `range(examples)`."""
    return np.random.default_rng([seed, epoch]).permutation(examples)


def _check_finite(epoch: int, seen: int, scores: Scores) -> None:
    if not math.isfinite(scores.loss):
        raise TrainingError(
            f"Expected a finite loss. Received: {scores.loss} in epoch {epoch}, within its first {seen:,} images. "
            "Try a smaller --learning-rate, or --precision float32."
        )
