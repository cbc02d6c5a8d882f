"""Training on shuffled labels: the images say nothing about them, so the network can only learn them by heart.

The control of Adebayo et al., "Sanity Checks for Saliency Maps" (2018).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.splits import stratified_part
from keras_cnn_course.errors import TrainingError
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.loop import epoch_order

__all__ = ["ShuffledExamples", "shuffle_labels", "train_by_heart"]

# Few enough that a small network can learn them by heart within a minute.
_MOST_IMAGES, _MOST_EPOCHS, _ENOUGH = 2000, 200, 0.99
_BATCH, _RATE = 50, 0.001
_REPORTED = 20  # epochs


@dataclass(frozen=True, eq=False)
class ShuffledExamples:
    """Training images with labels in random order.

    Args:
        images: uint8 `(n, height, width, channels)`.
        labels: `(n,)`.
        seed: of the order of the labels, and of that of the images in each epoch.
    """

    images: np.ndarray
    labels: np.ndarray
    seed: int

    def fingerprint(self, weights: Sequence[np.ndarray]) -> str:
        """Return a SHA-256 of everything that decides how the training ends: examples, initial weights, settings."""
        digest = hashlib.sha256(repr((_MOST_EPOCHS, _ENOUGH, _BATCH, _RATE, self.seed)).encode())
        for values in (self.images, self.labels, *weights):
            digest.update(repr((values.shape, str(values.dtype))).encode())
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


def shuffle_labels(dataset: Dataset, *, seed: int) -> ShuffledExamples:
    """Return training images, at most 2,000 in proportion to their classes, with their labels in random order."""
    labels = dataset.y_train
    count = min(len(labels), max(_MOST_IMAGES, dataset.num_classes))
    chosen = stratified_part(labels, count, seed=seed)
    shuffled = np.random.default_rng([seed, count]).permutation(labels[chosen])
    return ShuffledExamples(dataset.x_train[chosen], shuffled, seed)


def train_by_heart(
    model: Any, examples: ShuffledExamples, *, loss: Any, report: Callable[[str], None] = lambda _: None
) -> float:
    """Train a model on shuffled labels until it gives 99% of them, for 200 epochs at most; return that share.

    The optimizer is Adam with a constant learning rate of 0.001, whatever the model was trained with before, and no
    image is distorted, because the aim is to learn by heart.

    Args:
        model: starts from the weights that it has, and is compiled again.
        loss: as in Keras's `compile`.
        report: receives a line every 20 epochs.

    Raises:
        TrainingError: the model cannot be trained, or the loss is no longer a finite number.
    """
    model.compile(optimizer=keras.optimizers.Adam(_RATE), loss=loss)
    engine = Engine(model, batch_size=_choose_batch(len(examples.labels)), seed=examples.seed)
    engine.load(examples.images, examples.labels)
    for epoch in range(1, _MOST_EPOCHS + 1):
        scores = engine.train(epoch_order(len(examples.labels), seed=examples.seed, epoch=epoch))
        if not np.isfinite(scores.loss):
            raise TrainingError(f"The loss became {scores.loss} in epoch {epoch} of the training on shuffled labels.")
        if scores.accuracy >= _ENOUGH:
            break
        if epoch % _REPORTED == 0:
            report(f"Epoch {epoch}: {scores.accuracy:.1%} of the shuffled labels learned")
    return engine.evaluate(examples.images, examples.labels).accuracy


def _choose_batch(images: int) -> int:
    """Return 50, or fewer where an epoch would otherwise have less than four steps."""
    return max(1, min(_BATCH, images // 4))
