"""The network of a run that has learned shuffled labels, trained when it is first needed."""

import sys
from typing import Any

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.models.evidence import shuffle_weights
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.shuffled_weights import ShuffledWeights, read_shuffled_weights, save_shuffled_weights
from keras_cnn_course.training.shuffled_labels import shuffle_labels, train_by_heart

__all__ = ["learn_shuffled_labels"]


def learn_shuffled_labels(run: RunDirectory, model: Any, dataset: Dataset, *, seed: int = 0) -> ShuffledWeights:
    """Return weights with which a run's model gives its training images shuffled labels.

    They are read from the run folder if they are there and were made from the same model, images and seed. Otherwise
    the model is trained from its own weights in random order, and stored. Progress is written to stderr.

    Args:
        model: the run's, as it was loaded; its weights stay as they are.
        dataset: that of the run.
        seed: of the random weights, the images that are chosen, and the order of their labels.

    Raises:
        RunError: the stored weights cannot be read, or not be written.
        TrainingError: the model cannot be trained, or the loss is no longer a finite number.
    """
    examples, initial = shuffle_labels(dataset, seed=seed), shuffle_weights(model, seed)
    fingerprint = examples.fingerprint(initial)
    stored = read_shuffled_weights(run, fingerprint=fingerprint, shapes=[values.shape for values in initial])
    if stored is not None:
        return stored
    _report(f"Training on {len(examples.labels):,} images with shuffled labels, until the network knows them by heart")
    weights = model.get_weights()
    try:
        model.set_weights(initial)
        accuracy = train_by_heart(model, examples, loss=model.loss, report=_report)
        learned = ShuffledWeights(model.get_weights(), accuracy)
    finally:
        model.set_weights(weights)
    save_shuffled_weights(run, learned, fingerprint=fingerprint)
    _report(f"Stored in {run.shuffled_weights_file}, for the next time")
    return learned


def _report(line: str) -> None:
    sys.stderr.write(f"{line}\n")
