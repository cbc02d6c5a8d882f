"""Runs on the same test images: which of them each classifies correctly, and how far to trust its probabilities."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import CourseError
from keras_cnn_course.results.calibration import Reliability, measure_reliability
from keras_cnn_course.results.prediction import predict_probabilities
from keras_cnn_course.results.significance import McNemar, compare_answers, describe_test
from keras_cnn_course.runs.record import RunRecord
from keras_cnn_course.training.plan import choose_examples

__all__ = ["PairTest", "RunAnswers", "answer_test_images", "compare_pair", "measure_run_reliability"]


@dataclass(frozen=True)
class RunAnswers:
    """What a run's model says about test images.

    Args:
        name: of the run.
        correct: bool `(n,)`, whether each test image is classified correctly.
        reliability: how far the probabilities can be trusted; None if the outputs are not probabilities.
    """

    name: str
    correct: np.ndarray
    reliability: Reliability | None


@dataclass(frozen=True)
class PairTest:
    """Whether two runs differ on the same test images.

    Args:
        first: name of the first run.
        second: name of the second run.
        test: McNemar's test; None if the runs cannot be tested.
        sentence: the result in words, or why there is none.
    """

    first: str
    second: str
    test: McNemar | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def answer_test_images(
    model: Any, data: Dataset, record: RunRecord, *, name: str, load_data: Callable[[], Dataset]
) -> RunAnswers:
    """Return what the model of a run says about the test images of a data set.

    Args:
        load_data: loads the run's data set, for its validation images.
    """
    probabilities = predict_probabilities(model, data.x_test)
    reliability = measure_run_reliability(model, data, record, load_data=load_data, probabilities=probabilities)
    return RunAnswers(name, probabilities.argmax(axis=1) == data.y_test, reliability)


def measure_run_reliability(
    model: Any,
    data: Dataset,
    record: RunRecord,
    *,
    load_data: Callable[[], Dataset],
    probabilities: np.ndarray | None = None,
) -> Reliability | None:
    """Return the reliability of a run on test images; None if the model's outputs are not probabilities.

    Args:
        load_data: loads the run's data set, for its validation images.
        probabilities: of the test images, where they are known.
    """
    if probabilities is None:
        probabilities = predict_probabilities(model, data.x_test)
    if probabilities.min() < 0 or not np.allclose(probabilities.sum(axis=1), 1, atol=1e-2):
        return None
    try:
        own = data if data.sha256 == record.dataset_sha256 else load_data()
        values = record.hyperparameters
        _, chosen = choose_examples(
            own,
            validation_split=values["validation_split"],
            train_examples=values.get("train_examples", 0),
            seed=record.seed,
        )
    except (CourseError, KeyError):
        missing = "The validation images of the run are not at hand, so no temperature can be fitted."
        return measure_reliability(probabilities, data.y_test, None, missing=missing)
    if len(chosen) != record.val_examples:
        missing = "The validation images of the run cannot be found again, so no temperature can be fitted."
        return measure_reliability(probabilities, data.y_test, None, missing=missing)
    validation = predict_probabilities(model, own.x_train[chosen]), own.y_train[chosen]
    return measure_reliability(probabilities, data.y_test, validation)


def compare_pair(first: RunAnswers, second: RunAnswers) -> PairTest:
    """Test whether two runs differ on the same test images, which both have answered in the same order."""
    result = compare_answers(first.correct, second.correct, np.ones_like(first.correct))
    return PairTest(first.name, second.name, result, describe_test(result, first.name, second.name))
