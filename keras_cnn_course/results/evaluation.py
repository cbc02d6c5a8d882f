"""How well a model does on labelled images: the loss, the accuracy, and where it goes wrong."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError
from keras_cnn_course.results.interval import wilson_interval
from keras_cnn_course.results.prediction import Guess, predict_with_loss, top_guesses
from keras_cnn_course.runs.directory import RunRecord

__all__ = [
    "ClassScores",
    "Evaluation",
    "Mistake",
    "check_dataset",
    "check_shape",
    "evaluate_model",
    "score_predictions",
]


@dataclass(frozen=True)
class ClassScores:
    """How well one class is told from the others; None where the score would divide by zero.

    Args:
        precision: share of the images called this class that are of it.
        recall: share of the images of this class that are called so.
        f1: harmonic mean of both.
        support: images of this class.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class Mistake:
    """One image whose likeliest class is not its label.

    Args:
        index: position in the evaluated images.
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
    """The result of a model on labelled images.

    Args:
        loss: mean of the model's compiled loss, in nats.
        accuracy: share of the images whose likeliest class is their label.
        interval: 95 % Wilson interval of the accuracy.
        confusion: int64 `(classes, classes)`; row = true class, column = predicted class.
        classes: scores of each class, in the order of the labels.
        mistakes: every mistake, the most confident first.
    """

    loss: float
    accuracy: float
    interval: tuple[float, float]
    confusion: np.ndarray
    classes: tuple[ClassScores, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def examples(self) -> int:
        """Number of images."""
        return int(self.confusion.sum())


def check_shape(record: RunRecord, *, name: str, input_shape: tuple[int, ...], num_classes: int) -> None:
    """Check that images of that shape and labels of that many classes are what a run's model was trained on.

    Raises:
        DatasetError: they are not.
    """
    if tuple(input_shape) != record.input_shape:
        raise DatasetError(
            f"Expected images of {_times(record.input_shape)}, as this run was trained on. "
            f"Received: {name} with images of {_times(input_shape)}. Choose another --dataset."
        )
    if num_classes != len(record.class_names):
        raise DatasetError(
            f"Expected {len(record.class_names)} classes, as this run was trained on. "
            f"Received: {name} with {num_classes} classes. Choose another --dataset."
        )


def check_dataset(record: RunRecord, dataset: Dataset) -> None:
    """Check that a run's model can be evaluated on a data set: image shape, classes, and unchanged contents.

    Raises:
        DatasetError: the shape or the number of classes is another, or the run's own data set has changed since.
    """
    check_shape(record, name=dataset.name, input_shape=dataset.input_shape, num_classes=dataset.num_classes)
    if dataset.name == record.dataset and dataset.sha256 != record.dataset_sha256:
        raise DatasetError(
            f"Expected {dataset.name} as this run was trained on (SHA-256 {record.dataset_sha256[:12]}...). Received: "
            f"other contents ({dataset.sha256[:12]}...). Bring back the original, or give the new data another name."
        )


def evaluate_model(model: Any, images: np.ndarray, labels: np.ndarray) -> Evaluation:
    """Evaluate a compiled Keras model on images of the scale 0 to 255.

    Args:
        model: a compiled Keras model of image -> probabilities or logits.
        images: uint8 or float32, `(n, height, width, channels)`.
        labels: int32 `(n,)`.

    Raises:
        DatasetError: there are no images.
        RunError: the model is not compiled, or diverged in training.
    """
    if len(images) == 0:
        raise DatasetError("Expected images to evaluate on. Received none: the data set has no test images.")
    probabilities, loss = predict_with_loss(model, images, labels)
    return score_predictions(probabilities, labels, loss=loss)


def score_predictions(probabilities: np.ndarray, labels: np.ndarray, *, loss: float) -> Evaluation:
    """Compare probabilities with labels.

    Args:
        probabilities: float32 `(n, classes)`, n > 0.
        labels: integers `(n,)`.
        loss: the mean loss, already known.

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
        Mistake(int(index), int(labels[index]), top_guesses(probabilities[index]))
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


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)
