"""Whether a run that exists is the one that a sweep or an ensemble is going to train."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from keras_cnn_course.catalog.hyperparameters import parse_value
from keras_cnn_course.catalog.recipes import RecipeSource
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import RunError
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

    def check(self, path: Path) -> None:
        """Check that a run which exists already is this one, whatever its folder's name says.

        Args:
            path: the run's folder.

        Raises:
            RunError: it was made in another way, or longer.
        """
        refusal, was = f"{path} does not belong to this {self.whole}:", RunDirectory(path).read_record()
        if was.lengthened:
            raise RunError(f"{refusal} it was made longer, to {was.lengthened}. {self._advice}")
        for name, wanted, found in (
            ("recipe", self.recipe.name, was.recipe),
            ("seed", self.seed, was.seed),
            *((name, value, was.hyperparameters.get(name)) for name, value in self._list_hyperparameters()),
        ):
            if parse_value(wanted, type(found)) != found:  # 1e-3 is 0.001
                raise RunError(f"{refusal} its {name} is {found}, not {wanted}. {self._advice}")
        if was.recipe_sha256 not in (self.recipe.sha256, ""):  # not recorded by version 0.1
            raise RunError(f"{refusal} {self.recipe.path} has changed since it was trained. {self._advice}")
        for name, condition, found in (
            ("data SHA-256", self.dataset.sha256[:8], was.dataset_sha256[:8]),
            ("image size", *("x".join(map(str, shape)) for shape in (self.dataset.input_shape, was.input_shape))),
            ("device", self.device, was.device),
            ("precision", self.precision, was.precision),
        ):
            if condition != "auto" and not found.startswith(condition):
                raise RunError(
                    f"{refusal} its {name} is {found}, not {condition}. Start another {self.whole} with another `out=`."
                )

    @property
    def _advice(self) -> str:
        return f"Move it elsewhere to train it again, or start another {self.whole} with another `out=`."

    def _list_hyperparameters(self) -> Iterable[tuple[str, object]]:
        """Return the hyperparameters that the run has to have, as far as they are known without running the recipe."""
        chosen = dict(self.overrides)
        if self.recipe.hyperparameters:
            chosen |= self.recipe.hyperparameters.with_overrides(chosen).used()
        if chosen.get("min_steps"):
            chosen.pop("epochs", None)  # a run records how many it really trains
        if chosen.get("augment") == "auto":
            chosen["augment"] = self.dataset.augment
        return chosen.items()
