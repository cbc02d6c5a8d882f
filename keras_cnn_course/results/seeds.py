"""Runs that differ only in their seed: what they reach on average, and whether another setting is better.

Training with another seed gives another accuracy. A difference between two settings means something when it is larger
than the differences between seeds.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from keras_cnn_course.results.comparison import DATA_SETTINGS, RunSummary, differing_settings
from keras_cnn_course.results.interval import mean_interval

__all__ = ["PairedDifference", "SeedGroup", "compare_pairs", "explain_choice", "group_by_seed", "summarize_seeds"]

# Accuracies are stored with six digits, so smaller differences of their means are due to rounding.
_SAME_ACCURACY = 1e-5
# Where a run happened to be computed, or what follows from its data or its recipe: not settings that somebody chose.
_INCIDENTAL = {
    *("seed", "device", "processor", "machine", "vector instructions", "threads", "engine"),
    *("training images", "validation images", "outputs"),
    *(name for name in DATA_SETTINGS if name not in ("dataset", "image size")),
}


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ only in their seed.

    Args:
        name: what they have in common, such as `cnn filters=8`.
        seeds: in ascending order.
        test_accuracy: one per seed, from 0 to 1.
        val_accuracy: accuracy of each seed's model on its validation images, from 0 to 1.
        test_examples: number of test images.
        parameters: number of parameters of the model.
        fit_seconds: one per seed.
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
        """95% interval of the mean over the seeds, clipped to 0 and 1; None for a single seed."""
        interval = mean_interval(self.test_accuracy)
        return None if interval is None else (max(0.0, interval[0]), min(1.0, interval[1]))

    @property
    def val_mean(self) -> float:
        """Mean accuracy on the validation images."""
        return statistics.fmean(self.val_accuracy)


@dataclass(frozen=True)
class PairedDifference:
    """How much more accurate one setting is than another with the same seeds.

    Two runs with the same seed use the same validation images and see the others in the same order. The influence of
    that choice is the same in both runs and cancels out.

    Args:
        name: the setting.
        against: the setting it is compared with.
        seeds: seeds that both have, in ascending order.
        differences: test accuracy of `name` minus that of `against`, one per seed.
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
        """95% interval of the mean difference; None for a single seed."""
        return mean_interval(self.differences)

    @property
    def wins(self) -> int:
        """Number of seeds with which `name` is better."""
        return sum(difference > 0 for difference in self.differences)


def group_by_seed(runs: Sequence[RunSummary]) -> list[SeedGroup]:
    """Group the finished runs so that those in a group differ only in their seed.

    Groups come in the order of their first run. A group is named by its recipe and by the settings that distinguish it
    from other groups of the same recipe. If a seed occurs twice in a group, its first run counts.
    """
    finished = [run for run in runs if "test_accuracy" in run.results]
    names = _distinguishing_settings(finished)
    groups: dict[tuple[str, ...], dict[int, RunSummary]] = {}
    for run in finished:
        members = groups.setdefault(tuple(str(run.settings.get(name)) for name in names), {})
        members.setdefault(run.settings["seed"], run)
    return [
        summarize_seeds(_name_group(next(iter(members.values())), finished), list(members.values()))
        for members in groups.values()
    ]


def summarize_seeds(name: str, runs: Sequence[RunSummary]) -> SeedGroup:
    """Return the group of finished runs that differ only in their seed.

    Args:
        name: what they have in common.
        runs: at least one.
    """
    runs = sorted(runs, key=lambda run: run.settings["seed"])
    return SeedGroup(
        name=name,
        seeds=tuple(run.settings["seed"] for run in runs),
        test_accuracy=tuple(run.results["test_accuracy"] for run in runs),
        val_accuracy=tuple(run.results["val_accuracy"] for run in runs),
        test_examples=runs[0].results["test_examples"],
        parameters=runs[0].results["parameters"],
        fit_seconds=tuple(run.results["fit_seconds"] for run in runs),
    )


def compare_pairs(groups: Sequence[SeedGroup]) -> list[PairedDifference]:
    """Compare every group with the first one, seed by seed; groups that share no seed with it are left out."""
    differences = []
    for other in groups[1:]:
        first, second = (dict(zip(one.seeds, one.test_accuracy, strict=True)) for one in (groups[0], other))
        seeds = tuple(seed for seed in first if seed in second)
        if seeds:
            gains = tuple(second[seed] - first[seed] for seed in seeds)
            differences.append(PairedDifference(other.name, groups[0].name, seeds, gains))
    return differences


def explain_choice(groups: Sequence[SeedGroup]) -> str:
    """Return which group is best on the validation images, over the seeds that all groups have, as a sentence.

    If several are equally good, all of them are named.
    """
    return f"Best on the validation images (choose by these, never by the test images): {_name_best(groups)}."


def _name_best(groups: Sequence[SeedGroup]) -> str:
    shared = set.intersection(*(set(one.seeds) for one in groups))
    if not shared:
        return "none, because no seed is common to all"
    means = {
        one.name: statistics.fmean(
            accuracy for seed, accuracy in zip(one.seeds, one.val_accuracy, strict=True) if seed in shared
        )
        for one in groups
    }
    best = [name for name, mean in means.items() if mean > max(means.values()) - _SAME_ACCURACY]
    return best[0] if len(best) == 1 else f"{' and '.join(best)} (equally good)"


def _distinguishing_settings(runs: Sequence[RunSummary]) -> list[str]:
    return [name for name in differing_settings(runs) if name not in _INCIDENTAL]


def _name_group(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    same_recipe = [other for other in runs if other.settings["recipe"] == run.settings["recipe"]]
    settings = [
        f"{name}={run.settings[name]}" for name in _distinguishing_settings(same_recipe) if name in run.settings
    ]
    return " ".join([str(run.settings["recipe"]), *settings])
