"""How well a model, or an ensemble of models, does on labeled images, and where it goes wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError
from keras_cnn_course.results.interval import wilson_interval
from keras_cnn_course.results.prediction import Guess, predict_probabilities, predict_with_loss, top_guesses

__all__ = [
    "ClassScores",
    "Evaluation",
    "Misclassification",
    "average_probabilities",
    "evaluate_ensemble",
    "evaluate_model",
    "score_predictions",
]


@dataclass(frozen=True)
class ClassScores:
    """How well one class is distinguished from the others; a score is None if it would divide by zero.

    Args:
        precision: of the images predicted as this class, the share that belongs to it.
        recall: of the images of this class, the share that is predicted as it.
        f1: harmonic mean of precision and recall.
        support: number of images of this class.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class Misclassification:
    """One image whose likeliest class is not its label.

    Args:
        index: position among the evaluated images.
        true: its label.
        guesses: the three likeliest classes, the likeliest first.
    """

    index: int
    true: int
    guesses: tuple[Guess, ...]

    @property
    def predicted(self) -> int:
        """The label that the model gives."""
        return self.guesses[0].label

    @property
    def confidence(self) -> float:
        """The probability that the model gives to its wrong answer."""
        return self.guesses[0].probability


@dataclass(frozen=True)
class Evaluation:
    """The result of a model on labeled images.

    Args:
        loss: mean of the model's compiled loss, in nats.
        accuracy: share of the images whose likeliest class is their label.
        interval: 95% Wilson interval of the accuracy.
        confusion: int64 `(classes, classes)`; row = true class, column = predicted class.
        classes: scores of each class, in the order of the labels.
        mistakes: every misclassified image, the most confident mistake first.
    """

    loss: float
    accuracy: float
    interval: tuple[float, float]
    confusion: np.ndarray
    classes: tuple[ClassScores, ...]
    mistakes: tuple[Misclassification, ...]

    @property
    def examples(self) -> int:
        """Number of images."""
        return int(self.confusion.sum())


def evaluate_model(model: Any, images: np.ndarray, labels: np.ndarray) -> Evaluation:
    """Evaluate a compiled Keras model on images with values from 0 to 255.

    Args:
        model: a compiled Keras model that maps images to probabilities or logits.
        images: uint8 or float32, `(n, height, width, channels)`.
        labels: int32 `(n,)`.

    Raises:
        DatasetError: there are no images.
        RunError: the model is not compiled, or its training diverged.
    """
    if len(images) == 0:
        raise DatasetError("The data set has no test images to evaluate on.")
    probabilities, loss = predict_with_loss(model, images, labels)
    return score_predictions(probabilities, labels, loss=loss)


def evaluate_ensemble(models: Iterable[Any], dataset: Dataset) -> Evaluation:
    """Evaluate the mean of the models' probabilities on the test images; the loss is its categorical cross entropy."""
    probabilities = average_probabilities(models, dataset.x_test)
    given = probabilities[np.arange(len(dataset.y_test)), dataset.y_test]
    loss = float(-np.log(np.maximum(given, np.finfo(np.float32).tiny)).mean())
    return score_predictions(probabilities, dataset.y_test, loss=loss)


def average_probabilities(models: Iterable[Any], images: np.ndarray) -> np.ndarray:
    """Return the mean of the probabilities that several models give, float32 `(n, classes)`.

    Args:
        models: at least one, all trained on the same classes.
        images: uint8 or float32, `(n, height, width, channels)`, from 0 to 255.
    """
    return np.mean([predict_probabilities(model, images) for model in models], axis=0)


def score_predictions(probabilities: np.ndarray, labels: np.ndarray, *, loss: float) -> Evaluation:
    """Compare probabilities with labels.

    Args:
        probabilities: float32 `(n, classes)`, n > 0.
        labels: integers `(n,)`.
        loss: the mean loss, computed by the caller.

    >>> evaluation = score_predictions(np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]), np.array([0, 1, 1]), loss=0.6)
    >>> round(evaluation.accuracy, 3), evaluation.confusion.tolist(), evaluation.mistakes[0].index
    (0.667, [[1, 0], [1, 1]], 2)
    """
    examples, num_classes = probabilities.shape
    predicted = probabilities.argmax(axis=1)
    pairs = np.asarray(labels, dtype=np.int64) * num_classes + predicted
    confusion = np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)
    correct = int(np.trace(confusion))
    mistakes = [
        Misclassification(int(index), int(labels[index]), top_guesses(probabilities[index]))
        for index in np.flatnonzero(predicted != labels)
    ]
    return Evaluation(
        loss=loss,
        accuracy=correct / examples,
        interval=wilson_interval(correct, examples),
        confusion=confusion,
        classes=tuple(_score_class(confusion, label) for label in range(num_classes)),
        mistakes=tuple(sorted(mistakes, key=lambda mistake: (-mistake.confidence, mistake.index))),
    )


def _score_class(confusion: np.ndarray, label: int) -> ClassScores:
    hits, support, called = int(confusion[label, label]), int(confusion[label].sum()), int(confusion[:, label].sum())
    return ClassScores(
        precision=hits / called if called else None,
        recall=hits / support if support else None,
        f1=2 * hits / (support + called) if support + called else None,
        support=support,
    )
