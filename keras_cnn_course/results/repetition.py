"""The same training with several seeds: what it reaches, and whether it beats another one seed by seed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from keras_cnn_course.results.comparison import RunSummary
from keras_cnn_course.results.interval import mean_interval

__all__ = ["PairedDifference", "Repetition", "compare_pairs", "name_best", "summarize_repetition"]

# Accuracies are kept with six digits, so smaller differences of their means come from rounding.
_SAME_ACCURACY = 1e-5


@dataclass(frozen=True)
class Repetition:
    """Runs that differ in their seed only.

    Args:
        name: of what they have in common, such as `cnn filters=8`.
        seeds: ascending.
        test_accuracy: of each seed, from 0 to 1.
        val_accuracy: of each seed's best epoch on its held-out images, from 0 to 1.
        test_examples: test images.
        parameters: of the model.
        fit_seconds: of each seed.
    """

    name: str
    seeds: tuple[int, ...]
    test_accuracy: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    test_examples: int
    parameters: int
    fit_seconds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean test accuracy."""
        return statistics.fmean(self.test_accuracy)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean over the seeds, cut off at 0 and 1; None for a single seed."""
        interval = mean_interval(self.test_accuracy)
        return None if interval is None else (max(0.0, interval[0]), min(1.0, interval[1]))

    @property
    def val_mean(self) -> float:
        """Mean accuracy on the held-out images."""
        return statistics.fmean(self.val_accuracy)


@dataclass(frozen=True)
class PairedDifference:
    """How much more test images one training gets right than another with the same seed.

    The same seed holds out the same images and shows the others in the same order: what that does to both alike cancels
    out.

    Args:
        name: of the one.
        against: name of the other.
        seeds: that both have, ascending.
        differences: of the test accuracies, seed by seed.
    """

    name: str
    against: str
    seeds: tuple[int, ...]
    differences: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean difference."""
        return statistics.fmean(self.differences)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean difference; None for a single seed."""
        return mean_interval(self.differences)

    @property
    def wins(self) -> int:
        """Seeds with which the one is better."""
        return sum(difference > 0 for difference in self.differences)


def summarize_repetition(name: str, runs: Sequence[RunSummary]) -> Repetition:
    """Return what finished runs that differ in their seed have reached.

    Args:
        name: of what they have in common.
        runs: at least one, each finished.
    """
    runs = sorted(runs, key=lambda run: run.settings["seed"])
    return Repetition(
        name=name,
        seeds=tuple(run.settings["seed"] for run in runs),
        test_accuracy=tuple(run.results["test_accuracy"] for run in runs),
        val_accuracy=tuple(run.results["val_accuracy"] for run in runs),
        test_examples=runs[0].results["test_examples"],
        parameters=runs[0].results["parameters"],
        fit_seconds=tuple(run.results["fit_seconds"] for run in runs),
    )


def compare_pairs(repetitions: Sequence[Repetition]) -> list[PairedDifference]:
    """Return how each but the first differs from the first, seed by seed; left out where none is shared."""
    differences = []
    for other in repetitions[1:]:
        first, second = (dict(zip(one.seeds, one.test_accuracy, strict=True)) for one in (repetitions[0], other))
        seeds = tuple(seed for seed in first if seed in second)
        if seeds:
            gains = tuple(second[seed] - first[seed] for seed in seeds)
            differences.append(PairedDifference(other.name, repetitions[0].name, seeds, gains))
    return differences


def name_best(repetitions: Sequence[Repetition]) -> str:
    """Return the name of the one that is best on the held-out images, over the seeds that all have.

    Those that are best alike are all named; where no seed is shared, none can be.
    """
    shared = set.intersection(*(set(one.seeds) for one in repetitions))
    if not shared:
        return "none, since they have no seed in common"
    means = {
        one.name: statistics.fmean(
            accuracy for seed, accuracy in zip(one.seeds, one.val_accuracy, strict=True) if seed in shared
        )
        for one in repetitions
    }
    best = [name for name, mean in means.items() if mean > max(means.values()) - _SAME_ACCURACY]
    return best[0] if len(best) == 1 else f"{', '.join(best)} alike"
