"""Which runs a sweep has: every recipe with every combination of the grid's values, and all of it with every seed."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keras_cnn_course.catalog.recipes import RecipeSource
from keras_cnn_course.errors import UsageError

__all__ = ["Conditions", "Trial", "design_trials", "parse_grid"]

_MAX_TRIALS = 10_000


@dataclass(frozen=True)
class Trial:
    """One run of a sweep.

    Args:
        recipe: its name.
        values: the grid's hyperparameters with their values as text, in the grid's order.
        seed: of weights, split and order.
    """

    recipe: str
    values: tuple[tuple[str, str], ...]
    seed: int

    @property
    def setting(self) -> str:
        """What it has in common with the trials that differ in their seed only, for people: `cnn filters=8`."""
        return " ".join([self.recipe, *(f"{key}={value}" for key, value in self.values)])

    @property
    def name(self) -> str:
        """Name of its run folder: `cnn-filters=8-seed=0`."""
        return "-".join([self.recipe, *(f"{key}={value}" for key, value in self.values), f"seed={self.seed}"])


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What is the same for all trials of a sweep.

    Args:
        dataset: name, or absolute path: a trial may run in another folder.
        image_size: `(height, width)` to bring every image to; as they are when None.
        device: `auto`, `cpu`, `gpu` or `gpu:N`.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        threads: compute threads of a trial.
    """

    dataset: str
    image_size: tuple[int, int] | None = None
    device: str = "auto"
    precision: str = "auto"
    threads: int


def parse_grid(assignments: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the values to try of each hyperparameter, as text.

    Raises:
        UsageError: not KEY=V1,V2, or a key or a value twice.

    >>> parse_grid(["filters=8,16", "augment=none"])
    {'filters': ('8', '16'), 'augment': ('none',)}
    """
    grid: dict[str, tuple[str, ...]] = {}
    for assignment in assignments:
        key, _, text = assignment.partition("=")
        values = tuple(text.split(","))
        # The values become part of a folder's name.
        if not key or not all(re.fullmatch(r"[\w.+-]{1,40}", value, re.ASCII) for value in values):
            raise UsageError(f"Expected --grid KEY=VALUE,VALUE, such as --grid filters=8,16. Received: {assignment!r}.")
        if key in grid:
            raise UsageError(f"Expected each hyperparameter of the grid once. Received: {key!r} twice.")
        grid[key] = values
    return grid


def design_trials(sources: Sequence[RecipeSource], grid: Mapping[str, Sequence[str]], *, seeds: int) -> list[Trial]:
    """Return all trials, seed by seed: of a sweep that is stopped, whole seeds can be compared.

    Args:
        sources: the recipes.
        grid: values to try of each hyperparameter, as text.
        seeds: 0, 1, ... so many.

    Raises:
        UsageError: a recipe or a value twice, a hyperparameter that a recipe does not use, a value out of range, or
            too many trials.
    """
    settings = [setting for source in sources for setting in _list_settings(source, grid)]
    repeated = [setting for number, setting in enumerate(settings) if setting in settings[:number]]
    if repeated:
        recipe, values = repeated[0]
        raise UsageError(
            f"Expected recipes of different names, and each value once. Received: {Trial(recipe, values, 0).setting} "
            "twice."
        )
    if len(settings) * seeds > _MAX_TRIALS:
        raise UsageError(f"Expected at most {_MAX_TRIALS:,} trials. Received: {len(settings) * seeds:,}.")
    return [Trial(recipe, values, seed) for seed in range(seeds) for recipe, values in settings]


def _list_settings(
    source: RecipeSource, grid: Mapping[str, Sequence[str]]
) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return a recipe's combinations of the grid's values, each checked and written in one way: 0.001, not 1e-3."""
    settings = []
    for values in itertools.product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        if source.hyperparameters:
            checked = source.hyperparameters.with_overrides(chosen)
            chosen = {key: str(getattr(checked, key)) for key in chosen}
        settings.append((source.name, tuple(chosen.items())))
    return settings
