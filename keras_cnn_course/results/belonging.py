"""Whether a run that exists is the one that a sweep or an ensemble is going to train."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keras_cnn_course.catalog.recipes import RecipeSource
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import RunError
from keras_cnn_course.results.comparison import RunSummary
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["AskedRun"]


@dataclass(frozen=True, kw_only=True)
class AskedRun:
    """A run that is going to be trained.

    Args:
        whole: what it is a part of: `sweep` or `ensemble`.
        overrides: hyperparameters that replace the recipe's own.
        device: `auto` for any device.
        precision: `auto` for any precision.
    """

    whole: str
    recipe: RecipeSource
    overrides: Mapping[str, object]
    seed: int
    dataset: Dataset
    device: str
    precision: str

    def check(self, run: RunSummary) -> None:
        """Check that a run which exists already is this one, whatever its folder's name says.

        Raises:
            RunError: it was made in another way, or longer.
        """
        refusal, was = f"{run.path} does not belong to this {self.whole}:", run.settings
        if "lengthened" in was:
            raise RunError(f"{refusal} it was made longer, to {was['lengthened']}. {self._advice}")
        for name, value in self._list_settings():
            if not _is_same(value, was.get(name)):
                raise RunError(f"{refusal} its {name} is {was.get(name)}, not {value}. {self._advice}")
        if RunDirectory(run.path).read_record().recipe_sha256 not in (
            self.recipe.sha256,
            "",
        ):  # not recorded by version 0.1
            raise RunError(f"{refusal} {self.recipe.path} has changed since it was trained. {self._advice}")
        for name, value in self._list_conditions():
            if value != "auto" and not str(was[name]).startswith(value):
                raise RunError(
                    f"{refusal} its {name} is {was[name]}, not {value}. Start another {self.whole} with another `out=`."
                )

    @property
    def _advice(self) -> str:
        return f"Move it elsewhere to train it again, or start another {self.whole} with another `out=`."

    def _list_settings(self) -> Iterator[tuple[str, object]]:
        """Yield what the run's record has to say, as far as it is known without running the recipe."""
        yield from (("recipe", self.recipe.name), ("seed", self.seed))
        chosen = dict(self.overrides)
        if self.recipe.hyperparameters:
            chosen |= self.recipe.hyperparameters.with_overrides(chosen).used()
        if chosen.get("min_steps"):
            chosen.pop("epochs", None)  # a run records how many it really trains
        if chosen.get("augment") == "auto":
            chosen["augment"] = self.dataset.augment
        yield from chosen.items()

    def _list_conditions(self) -> Iterator[tuple[str, str]]:
        """Yield the images, the device and the precision, or how they begin."""
        yield "data SHA-256", self.dataset.sha256[:8]
        yield "image size", "x".join(str(side) for side in self.dataset.input_shape)
        yield from (("device", self.device), ("precision", self.precision))


def _is_same(asked: object, was: object) -> bool:
    """Return whether a recorded value is the one asked for, which may be text such as 1e-3 for 0.001."""
    if str(asked) == str(was):
        return True
    try:
        return isinstance(was, int | float) and isinstance(asked, str) and float(asked) == was
    except ValueError:
        return False
