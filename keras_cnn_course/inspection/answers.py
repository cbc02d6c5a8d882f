"""What a run's model answers: on labeled test images, and on images of one's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import ImageError, UsageError
from keras_cnn_course.files.values import check_value, whole_number
from keras_cnn_course.inspection.pictures import (
    describe_preparations,
    is_index,
    list_files,
    read_arrays,
    read_pictures,
)
from keras_cnn_course.plots.confusion import plot_confusion
from keras_cnn_course.plots.mistakes import plot_mistakes
from keras_cnn_course.plots.reliability import plot_reliability
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.results.calibration import Reliability
from keras_cnn_course.results.evaluation import Evaluation, evaluate_model
from keras_cnn_course.results.prediction import Guess, format_guesses, predict_probabilities, top_guesses
from keras_cnn_course.results.same_images import measure_run_reliability
from keras_cnn_course.runs.record import RunRecord

__all__ = [
    "FoundImage",
    "Predictions",
    "PreparedImages",
    "RunEvaluation",
    "check_shifts",
    "evaluate_run",
    "find_image",
    "prepare_images",
]

_SHOWN = 20
_MOST_SHIFTS = 3  # pixels: 49 copies of each image


@dataclass(frozen=True, kw_only=True, repr=False)
class RunEvaluation(Evaluation):
    """The result of a run on the test images of a data set.

    Args:
        dataset: the data set.
        run_name: the run.
        reliability: how far the probabilities can be trusted; None if the model's outputs are not probabilities.
    """

    dataset: Dataset
    run_name: str
    reliability: Reliability | None

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"<{self.run_name} on {self.examples:,} test images of {self.dataset.name}: accuracy {self.accuracy:.2%} "
            f"(95% interval {low:.2%} to {high:.2%}), loss {self.loss:.4f}, {len(self.mistakes):,} wrong>"
        )

    def plot_confusion(self) -> Picture:
        """Draw the confusion matrix."""
        return plot_confusion(self.confusion, self.dataset.class_names, name=self._title)

    def plot_mistakes(self) -> Picture:
        """Draw the most confident mistakes."""
        data = self.dataset
        return plot_mistakes(data.x_test, self.mistakes, data.class_names, name=self._title, files=data.files_test)

    def plot_reliability(self) -> Picture:
        """Draw the reliability diagram.

        Raises:
            UsageError: the model's outputs are not probabilities.
        """
        if self.reliability is None:
            raise UsageError("The outputs of this model are not probabilities, so there is no reliability diagram.")
        return plot_reliability(self.reliability, name=self._title)

    @property
    def _title(self) -> str:
        return f"{self.run_name} on {self.dataset.name}"


@dataclass(frozen=True, repr=False)
class Predictions:
    """The answers to some images.

    Args:
        names: of the images: their files, or their numbers.
        probabilities: float32 `(n, classes)`; scores if the model's outputs are not probabilities.
        class_names: in the order of the labels.
        outputs: what the model's outputs are: `probabilities`, `logits`, from which probabilities were computed, or
            `scores`.
        notes: what was done to the images, and whether the outputs are scores, as sentences.
    """

    names: tuple[str, ...]
    probabilities: np.ndarray
    class_names: tuple[str, ...]
    outputs: str
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> np.ndarray:
        """The likeliest label of each image, int64 `(n,)`."""
        labels: np.ndarray = self.probabilities.argmax(axis=1)
        return labels

    @property
    def classes(self) -> list[str]:
        """The name of the likeliest class of each image."""
        return [self.class_names[label] for label in self.labels]

    @property
    def guesses(self) -> dict[str, tuple[Guess, ...]]:
        """The three likeliest classes of each image, by the image's name."""
        return {name: top_guesses(row) for name, row in zip(self.names, self.probabilities, strict=True)}

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        lines = [
            f"{name}   {format_guesses(top_guesses(row), self.class_names, outputs=self.outputs)}"
            for name, row in zip(self.names[:_SHOWN], self.probabilities, strict=False)
        ]
        return "\n".join([*lines, f"... and {len(self) - _SHOWN:,} more"] if len(self) > _SHOWN else lines)


@dataclass(frozen=True)
class PreparedImages:
    """Images as the model of a run receives them.

    Args:
        pixels: `(n, height, width, channels)`, from 0 to 255.
    """

    names: tuple[str, ...]
    pixels: np.ndarray
    notes: tuple[str, ...] = field(default=())

    def classify(self, model: Any, record: RunRecord) -> Predictions:
        """Return the answers of the model of a run."""
        notes = self.notes
        if record.outputs == "scores":
            notes = (*notes, "The model's outputs are not probabilities, so the number of each class is its score.")
        probabilities = predict_probabilities(model, self.pixels)
        return Predictions(self.names, probabilities, record.class_names, record.outputs, notes)


@dataclass(frozen=True)
class FoundImage:
    """One image as the model of a run receives it.

    Args:
        name: what to call it in a title.
        pixels: `(height, width, channels)`, from 0 to 255.
        notes: what was done to it, as sentences.
    """

    name: str
    pixels: np.ndarray
    notes: tuple[str, ...]


def check_shifts(shifts: int, record: RunRecord) -> None:
    """Check that the answers of a run can be averaged over shifts of an image.

    Raises:
        UsageError: there would be too many copies of each image, or the outputs are not probabilities.
    """
    why = "With n pixels, each image is classified (2n+1) * (2n+1) times."
    check_value("`shifts=`", shifts, whole_number(0, _MOST_SHIFTS), kind=UsageError, hint=why)
    if shifts and record.outputs == "scores":
        raise UsageError("The outputs of this model are not probabilities, so `shifts=` cannot average them.")


def evaluate_run(
    model: Any, data: Dataset, record: RunRecord, *, run_name: str, load_data: Callable[[], Dataset], shifts: int = 0
) -> RunEvaluation:
    """Evaluate the model of a run on the test images.

    Args:
        load_data: loads the run's data set, for its validation images.
        shifts: average the probabilities over all shifts of an image by up to this many pixels, see `check_shifts`.
    """
    if shifts:
        from keras_cnn_course.models.shifted import average_over_shifts

        model = average_over_shifts(model, shifts)
        run_name = f"{run_name}, mean of {(2 * shifts + 1) ** 2} shifts"
    result = evaluate_model(model, data.x_test, data.y_test)
    values = {one.name: getattr(result, one.name) for one in fields(Evaluation)}
    reliability = measure_run_reliability(model, data, record, load_data=load_data)
    return RunEvaluation(**values, dataset=data, run_name=run_name, reliability=reliability)


def prepare_images(images: Any, record: RunRecord, *, path: Path, load_data: Callable[[], Dataset]) -> PreparedImages:
    """Return images of any kind that `Run.predict` takes as the model receives them.

    Args:
        path: the run's folder.
        load_data: loads the run's data set, for the index of a test image.

    Raises:
        ImageError: an image cannot be read or has another size.
    """
    if isinstance(images, int | np.integer | str | PathLike):
        images = [images]
    if isinstance(images, Sequence) and all(isinstance(one, int | np.integer | str | PathLike) for one in images):
        words: list[str | int] = []  # an image may be there twice, as in a sample
        for one in images:
            words += [int(one)] if isinstance(one, int | np.integer) else list_files([fspath(one)])
        names = [str(word) for word in words]
        pictures = read_pictures(words, record, load_data)
        pixels = {}
        for name, picture in pictures.items():
            if isinstance(picture, ImageError):
                raise picture
            pixels[name] = picture.pixels
        if not pixels:
            raise UsageError("There are no images to classify.")
        notes = tuple(describe_preparations(record, path, pictures))
        return PreparedImages(tuple(names), np.stack([pixels[name] for name in names]), notes)
    arrays = read_arrays(np.asarray(images), record)
    return PreparedImages(tuple(f"image {number}" for number in range(len(arrays))), arrays)


def find_image(
    image: Any, record: RunRecord, *, path: Path, load_data: Callable[[], Dataset], other_data: bool
) -> FoundImage:
    """Return one image as the model receives it.

    Args:
        image: the index of a test image, also as text; a file, or an array.
        load_data: loads the data set with the test images.
        other_data: whether that is another data set than the run's own, which only an index can mean.

    Raises:
        ImageError: the image cannot be read or has another size.
        UsageError: there is no test image of that index.
    """
    if isinstance(image, int | np.integer) or (isinstance(image, str) and is_index(image)):
        data = load_data()
        if not 0 <= int(image) < len(data.x_test):
            raise UsageError(
                f"The image must be a file or the index of a test image, at most {len(data.x_test) - 1}; got {image}."
            )
        label = data.class_names[data.y_test[int(image)]]
        return FoundImage(f"test image {image} (class {label})", data.x_test[int(image)], data.notes)
    if other_data:
        raise UsageError("`data=` needs the index of a test image, not a file.")
    prepared = prepare_images(image, record, path=path, load_data=load_data)
    if len(prepared.pixels) != 1:
        raise UsageError(f"One image is needed; got {len(prepared.pixels)}.")
    name = Path(image).name if isinstance(image, str | PathLike) else "an array"
    return FoundImage(name, prepared.pixels[0], prepared.notes)
