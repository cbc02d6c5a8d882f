"""The trials of a sweep: every recipe with every combination of the grid's values and every seed."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keras_cnn_course.catalog.recipes import RecipeSource
from keras_cnn_course.errors import UsageError

__all__ = ["Conditions", "Trial", "design_trials", "split_values"]

_MAX_TRIALS = 10_000


@dataclass(frozen=True)
class Trial:
    """One run of a sweep.

    Args:
        recipe: name of the recipe.
        values: the grid's hyperparameters with their values as text, in the grid's order.
        seed: of the initial weights, the validation split and the order of the images.
    """

    recipe: str
    values: tuple[tuple[str, str], ...]
    seed: int

    @property
    def setting(self) -> str:
        """Everything but the seed, such as `cnn filters=8`."""
        return " ".join([self.recipe, *(f"{key}={value}" for key, value in self.values)])

    @property
    def name(self) -> str:
        """Name of its run folder, such as `cnn-filters=8-seed=0`."""
        return "-".join([self.recipe, *(f"{key}={value}" for key, value in self.values), f"seed={self.seed}"])


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The settings that all trials of a sweep share.

    Args:
        dataset: name, or absolute path because a trial may run in another folder.
        image_size: `(height, width)` to resize every image to; no resizing when None.
        pixel_range: the values of black and white in data of one's own; recognized when None.
        device: `auto`, `cpu`, `gpu` or `gpu:N`.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        threads: number of compute threads per trial.
    """

    dataset: str
    image_size: tuple[int, int] | None = None
    pixel_range: tuple[float, float] | None = None
    device: str = "auto"
    precision: str = "auto"
    threads: int


def split_values(tried: object) -> list[str]:
    """Return the values to try for a hyperparameter as text: those of a text with commas, of a list, or a single one.

    >>> split_values("8, 16"), split_values([8, 16]), split_values(8)
    (['8', '16'], ['8', '16'], ['8'])
    """
    if isinstance(tried, str):
        return [value.strip() for value in tried.split(",")]
    return [str(value) for value in tried] if isinstance(tried, Iterable) else [str(tried)]


def design_trials(sources: Sequence[RecipeSource], grid: Mapping[str, Sequence[str]], *, seeds: int) -> list[Trial]:
    """Return all trials, seed by seed, so that whole seeds of a stopped sweep can be compared.

    Args:
        sources: the recipes.
        grid: values to try for each hyperparameter, as text.
        seeds: number of seeds, which are 0, 1, 2, ...

    Raises:
        UsageError: a recipe or a value is given twice, a recipe does not use a hyperparameter, a value is out of
            range, or there are too many trials.

    >>> from keras_cnn_course.catalog.recipes import find_recipe
    >>> [trial.name for trial in design_trials([find_recipe("cnn")], {"filters": ["8", "16"]}, seeds=1)]
    ['cnn-filters=8-seed=0', 'cnn-filters=16-seed=0']
    """
    for key, tried in grid.items():
        for value in tried:  # it becomes part of a folder's name
            if not re.fullmatch(r"[\w.+-]{1,40}", value, re.ASCII):
                raise UsageError(
                    f"A value of {key} in a grid can have up to 40 letters, digits, dots, signs and underscores; "
                    f"got {value!r}."
                )
        if not tried:
            raise UsageError(f"The grid has no value of {key} to try.")
    settings = [setting for source in sources for setting in _list_settings(source, grid)]
    repeated = [setting for number, setting in enumerate(settings) if setting in settings[:number]]
    if repeated:
        recipe, values = repeated[0]
        raise UsageError(
            f"The setting {Trial(recipe, values, 0).setting} is there twice. "
            "Give each value once, and recipes of different names."
        )
    if len(settings) * seeds > _MAX_TRIALS:
        raise UsageError(
            f"A sweep can have at most {_MAX_TRIALS:,} runs; this one would have {len(settings) * seeds:,}."
        )
    return [Trial(recipe, values, seed) for seed in range(seeds) for recipe, values in settings]


def _list_settings(
    source: RecipeSource, grid: Mapping[str, Sequence[str]]
) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return a recipe's combinations of the grid's values, each checked and written in one way (0.001, not 1e-3)."""
    settings = []
    for values in itertools.product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        if source.hyperparameters:
            checked = source.hyperparameters.with_overrides(chosen)
            chosen = {key: str(getattr(checked, key)) for key in chosen}
        settings.append((source.name, tuple(chosen.items())))
    return settings
