"""Several trained models as one: the mean of their probabilities."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.results.evaluation import Evaluation, score_predictions
from keras_cnn_course.results.prediction import predict_probabilities
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["average_probabilities", "evaluate_ensemble"]


def average_probabilities(runs: Sequence[RunDirectory], images: np.ndarray, *, which: str = "best") -> np.ndarray:
    """Return the mean over the runs of the probabilities that their models give, float32 `(n, classes)`.

    Args:
        runs: at least one, all of the same classes.
        images: uint8 or float32, `(n, height, width, channels)`, from 0 to 255.
        which: the `best` or the `final` model of each.
    """
    return np.mean([predict_probabilities(run.load_model(which), images) for run in runs], axis=0)


def evaluate_ensemble(runs: Sequence[RunDirectory], dataset: Dataset, *, which: str = "best") -> Evaluation:
    """Score the mean probabilities on the test images; the loss is their categorical cross entropy."""
    probabilities = average_probabilities(runs, dataset.x_test, which=which)
    given = probabilities[np.arange(len(dataset.y_test)), dataset.y_test]
    loss = float(-np.log(np.maximum(given, np.finfo(np.float32).tiny)).mean())
    return score_predictions(probabilities, dataset.y_test, loss=loss)
