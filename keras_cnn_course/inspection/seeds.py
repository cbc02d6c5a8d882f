"""Runs that differ in nothing but their seed: how far their accuracies lie apart."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from keras_cnn_course.inspection.comparison import RunSummary, differing_settings

__all__ = ["SeedGroup", "group_by_seed"]

# What a run happened to run on, which is not what it is.
_INCIDENTAL = ("seed", "device", "threads", "engine", "train_examples", "val_examples")


@dataclass(frozen=True)
class SeedGroup:
    """Finished runs of the same recipe, data and settings.

    Args:
        label: the recipe, and the settings that tell it from other groups of the same recipe.
        runs: names of the runs, in the order of their seeds.
        seeds: a seed a run.
        accuracies: a test accuracy a run.
    """

    label: str
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy."""
        return statistics.mean(self.accuracies)

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the accuracy from seed to seed; None for one run."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None


def group_by_seed(runs: Sequence[RunSummary]) -> list[SeedGroup]:
    """Return the finished runs in groups that differ in their seed only, in the order of their first run."""
    finished = [run for run in runs if "test_accuracy" in run.results]
    names = _telling_settings(finished)
    groups: dict[tuple[str, ...], list[RunSummary]] = {}
    for run in finished:
        groups.setdefault(tuple(str(run.settings.get(name)) for name in names), []).append(run)
    by_recipe: dict[str, list[RunSummary]] = {}
    for run in finished:
        by_recipe.setdefault(run.settings["recipe"], []).append(run)
    return [
        _make_group(members, _telling_settings(by_recipe[members[0].settings["recipe"]])) for members in groups.values()
    ]


def _telling_settings(runs: Sequence[RunSummary]) -> list[str]:
    return [name for name in differing_settings(runs) if name not in _INCIDENTAL]


def _make_group(members: list[RunSummary], names: Sequence[str]) -> SeedGroup:
    """Return a group, named by its recipe and the settings that tell it from others of the same recipe."""
    members = sorted(members, key=lambda run: run.settings["seed"])
    settings = members[0].settings
    told = [f"{name} {settings[name]}" for name in names if name in settings]
    return SeedGroup(
        label=", ".join([str(settings["recipe"]), *told]),
        runs=tuple(run.name for run in members),
        seeds=tuple(run.settings["seed"] for run in members),
        accuracies=tuple(run.results["test_accuracy"] for run in members),
    )
