"""Training a run once more and comparing: the same bits where the machine is the same, else results within a band."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.catalog.recipes import RecipeSource, find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.training.plan import hash_recipe, list_changes, list_redistribution
from keras_cnn_course.training.run import Reporter, TrainingSettings, train

__all__ = ["Check", "Verification", "accuracy_band", "verify"]

BAND_ERRORS = 4
_TIMES = {"seconds", "images_per_second", "fit_seconds"}


@dataclass(frozen=True)
class Check:
    """One comparison: what was compared, whether it agrees, and how, for people."""

    what: str
    agrees: bool
    finding: str


@dataclass(frozen=True)
class Verification:
    """A run compared with the same training done again.

    Args:
        reasons: why the bits need not be the same, a phrase each; empty where they have to be.
        checks: what was compared.
    """

    reasons: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def bit_for_bit(self) -> bool:
        """Whether the bits had to be the same."""
        return not self.reasons

    @property
    def agrees(self) -> bool:
        """Whether every comparison agrees."""
        return all(check.agrees for check in self.checks)


def verify(run: RunDirectory, dataset: Dataset, *, folder: Path, backend: Backend, reporter: Reporter) -> Verification:
    """Train a finished run again from its run.json and its recipe.py, in a folder of its own, and compare.

    Args:
        run: the finished run; it is only read.
        dataset: the one that it was trained on.
        folder: where to train; holds the second run afterwards.
        backend: what was started.
        reporter: is told.

    Raises:
        RunError: the run has not finished, or is not what its run.json says.
        DatasetError, RecipeError, TrainingError: as in `train`.
    """
    record = run.read_record()
    if record.status != "finished":
        raise RunError(
            f"Expected a finished run. Received: {run.path}, which is {record.status}. "
            f"Finish it with: kcnn train --resume {run.path}"
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
    again = train(source, dataset, settings, backend=backend, reporter=reporter)
    reasons = _why_bits_may_differ(record, again.read_record())
    checks = [_compare_accuracy(run, again)] if reasons else _compare_bits(run, again)
    return Verification(tuple(reasons), tuple(checks))


def accuracy_band(accuracy: float, examples: int) -> float:
    """Return how far another training may be off: four standard errors of an accuracy measured on so many images.

    The share is taken as (right + 2) / (examples + 4), as Agresti and Coull (1998) do, so that the band of a perfect
    result is not empty.

    >>> round(accuracy_band(0.99, 10_000), 4)
    0.004
    """
    share = (accuracy * examples + 2) / (examples + 4)
    return BAND_ERRORS * math.sqrt(share * (1 - share) / (examples + 4))


def _check_same_training(run: RunDirectory, record: RunRecord, *, source: RecipeSource, dataset: Dataset) -> None:
    """Check that the run's recipe and images are still those that it was trained with."""
    for what, old, new in (
        (str(run.recipe_file), record.recipe_sha256, hash_recipe(source)),
        (f"the data set {dataset.name}", record.dataset_sha256, dataset.sha256),
    ):
        if old != new:
            raise RunError(
                f"Expected {what} as the run was trained with. Received: SHA-256 {new[:12]}, not {old[:12]}."
            )


def _why_bits_may_differ(record: RunRecord, now: RunRecord) -> list[str]:
    reasons = list_changes(record, now) + list_redistribution(record, now)
    if now.device != "cpu":
        reasons.append("a GPU adds in an order that changes from run to run")
    forced = [change for event in record.resumed for change in event.get("changed", ())]
    return reasons + [f"the run was resumed with a change: {change}" for change in forced]


def _compare_accuracy(run: RunDirectory, again: RunDirectory) -> Check:
    old, new = run.read_metrics(), again.read_metrics()
    band = accuracy_band(old["test_accuracy"], old["test_examples"])
    difference = new["test_accuracy"] - old["test_accuracy"]
    finding = (
        f"{old['test_accuracy']:.4f}, again {new['test_accuracy']:.4f}; the band is {band:.4f} either way, "
        f"{BAND_ERRORS} standard errors"
    )
    return Check("test accuracy", abs(difference) <= band, finding)


def _compare_bits(run: RunDirectory, again: RunDirectory) -> list[Check]:
    readers: list[tuple[str, Callable[[RunDirectory], dict[str, Any]]]] = [
        ("best.keras", lambda folder: _read_weights(folder, "best")),
        ("model.keras", lambda folder: _read_weights(folder, "final")),
        ("history.csv", lambda folder: _without_times(folder.read_history())),
        ("metrics.json", lambda folder: _without_times(folder.read_metrics())),
    ]
    return [_compare_values(what, read(run), read(again)) for what, read in readers]


def _compare_values(what: str, old: dict[str, Any], new: dict[str, Any]) -> Check:
    """Compare two mappings from names to numbers or arrays, bit for bit."""
    differing = [name for name in [*old, *(name for name in new if name not in old)] if not _are_equal(old, new, name)]
    if not differing:
        return Check(what, True, f"equal, bit for bit ({len(old)} {'weights' if '.keras' in what else 'values'})")
    first = differing[0]
    finding = f"{len(differing)} of {len(old)} differ, first {first}"
    if first in old and first in new and np.shape(old[first]) == np.shape(new[first]):
        distance = np.abs(np.asarray(old[first], "float64") - np.asarray(new[first], "float64")).max()
        finding += f", by up to {distance:.2g}"
    return Check(what, False, finding)


def _are_equal(old: dict[str, Any], new: dict[str, Any], name: str) -> bool:
    return name in old and name in new and np.array_equal(np.asarray(old[name]), np.asarray(new[name]))


def _read_weights(run: RunDirectory, which: str) -> dict[str, np.ndarray]:
    return {weight.path: np.asarray(weight) for weight in run.load_model(which).weights}


def _without_times(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _TIMES}
