"""Verifying a run: train it again and compare. The bits must be equal, or the accuracy close on another machine."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.catalog.recipes import RecipeSource, find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.errors import RunError
from keras_cnn_course.files.command_line import join_words
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.runs.trusted_model import rebuild_model
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.provenance import list_changes, list_redistribution
from keras_cnn_course.training.trainer import TrainingSettings, train

__all__ = ["Comparison", "Verification", "accuracy_band", "verify"]

BAND_ERRORS = 4
_TIMES = {"seconds", "images_per_second", "fit_seconds"}


@dataclass(frozen=True)
class Comparison:
    """What was compared, whether it agrees, and the finding in words."""

    what: str
    agrees: bool
    finding: str


@dataclass(frozen=True)
class Verification:
    """A run compared with the same training done again.

    Args:
        reasons: phrases that say why the bits may differ; empty if they must be equal.
    """

    reasons: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def bit_for_bit(self) -> bool:
        """Whether the bits had to be equal."""
        return not self.reasons

    @property
    def agrees(self) -> bool:
        """Whether every comparison agrees."""
        return all(comparison.agrees for comparison in self.comparisons)


def verify(
    run: RunDirectory, dataset: Dataset, *, folder: Path, backend: Backend, callback: Callback | None = None
) -> Verification:
    """Train a finished run again from its run.json and recipe.py, in another folder, and compare.

    Args:
        run: the finished run; it is only read.
        dataset: the data set that it was trained on.
        folder: where to train; it holds the second run afterwards.
        backend: TensorFlow as it was started.
        callback: receives the progress.

    Raises:
        RunError: the run has not finished, or its recipe or images are not those in run.json.
        DatasetError, RecipeError, TrainingError: as in `train`.
    """
    record = run.read_record()
    if record.status != "finished":
        raise RunError(
            f"Only a finished run can be verified, and {run.path} is {record.status}. "
            f"Finish it with: kcnn train --resume {join_words([run.path])}"
        )
    source = replace(find_recipe(str(run.recipe_file)), name=record.recipe)
    _check_same_training(run, record, source=source, dataset=dataset)
    settings = TrainingSettings(
        overrides=record.hyperparameters,
        seed=record.seed,
        precision=record.precision,
        out=folder / record.recipe,
        command=record.command,
        cycles=record.cycles,
    )
    again = train(source, dataset, settings, backend=backend, callback=callback)
    reasons = _why_bits_may_differ(record, again.read_record())
    comparisons = [_compare_accuracy(run, again)] if reasons else _compare_bits(run, again)
    return Verification(tuple(reasons), tuple(comparisons))


def accuracy_band(accuracy: float, examples: int) -> float:
    """Return how much the accuracy of another training may differ: four standard errors.

    As in Agresti and Coull (1998), two correct and two wrong answers are added, so that the band of a perfect result
    is not empty.

    Args:
        examples: number of images that the accuracy was measured on.

    >>> round(accuracy_band(0.99, 10_000), 4)
    0.004
    """
    share = (accuracy * examples + 2) / (examples + 4)
    return BAND_ERRORS * math.sqrt(share * (1 - share) / (examples + 4))


def _check_same_training(run: RunDirectory, record: RunRecord, *, source: RecipeSource, dataset: Dataset) -> None:
    """Check that the recipe and the images are those that the run was trained with."""
    for what, old, new in (
        (str(run.recipe_file), record.recipe_sha256, source.sha256),
        (f"the data set {dataset.name}", record.dataset_sha256, dataset.sha256),
    ):
        if old != new:
            raise RunError(
                f"The run was trained with a different version of {what}: its SHA-256 was {old[:12]}, now {new[:12]}. "
                "Restore it to verify the run."
            )


def _why_bits_may_differ(record: RunRecord, now: RunRecord) -> list[str]:
    reasons = list_changes(record, now) + list_redistribution(record, now)
    if now.device != "cpu":
        reasons.append("a GPU adds numbers in an order that changes from run to run")
    forced = [change for event in record.resumed for change in event.get("changed", ())]
    return reasons + [f"the run was resumed with a change: {change}" for change in forced]


def _compare_accuracy(run: RunDirectory, again: RunDirectory) -> Comparison:
    old, new = run.read_metrics(), again.read_metrics()
    band = accuracy_band(old["test_accuracy"], old["test_examples"])
    difference = new["test_accuracy"] - old["test_accuracy"]
    finding = (
        f"{old['test_accuracy']:.4f}, now {new['test_accuracy']:.4f}; it may differ by {band:.4f}, "
        f"{BAND_ERRORS} standard errors"
    )
    return Comparison("test accuracy", abs(difference) <= band, finding)


def _compare_bits(run: RunDirectory, again: RunDirectory) -> list[Comparison]:
    return [
        _compare_weights("best.keras", *(_read_weights(folder, "best") for folder in (run, again))),
        _compare_weights("model.keras", *(_read_weights(folder, "final") for folder in (run, again))),
        _compare_values("history.csv", *(_without_times(folder.read_history()) for folder in (run, again))),
        _compare_values("metrics.json", *(_without_times(folder.read_metrics()) for folder in (run, again))),
    ]


def _compare_weights(what: str, old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """Compare the weights of two models in their order: Keras numbers layers without a name on from model to model."""
    if len(old) == len(new):
        new = dict(zip(old, new.values(), strict=True))
    return _compare_values(what, old, new)


def _compare_values(what: str, old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """Compare two mappings from names to numbers or arrays, bit for bit."""
    differing = [name for name in [*old, *(name for name in new if name not in old)] if not _are_equal(old, new, name)]
    if not differing:
        return Comparison(what, True, f"equal bit for bit ({len(old)} {'weights' if '.keras' in what else 'values'})")
    first = differing[0]
    finding = f"{len(differing)} of {len(old)} differ, the first is {first}"
    if first in old and first in new and np.shape(old[first]) == np.shape(new[first]):
        distance = np.abs(np.asarray(old[first], "float64") - np.asarray(new[first], "float64")).max()
        finding += f", by up to {distance:.2g}"
    return Comparison(what, False, finding)


def _are_equal(old: dict[str, Any], new: dict[str, Any], name: str) -> bool:
    return name in old and name in new and np.array_equal(np.asarray(old[name]), np.asarray(new[name]))


def _read_weights(run: RunDirectory, which: str) -> dict[str, np.ndarray]:
    model = rebuild_model(run, which) if run.needs_recipe() else run.load_model(which)  # verify runs the recipe anyway
    return {weight.path: np.asarray(weight) for weight in model.weights}


def _without_times(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _TIMES}
