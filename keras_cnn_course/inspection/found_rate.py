"""`find_rate`: a learning rate range test, and what it has found, with its picture."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.plots.saving import Picture
    from keras_cnn_course.training.rate_test import RateTest

__all__ = ["FoundRate", "find_rate"]


class FoundRate:
    """The learning rates that `find_rate` tried.

    Args:
        test: the learning rates and the losses.
        used: the learning rate of the hyperparameters.
        name: of the recipe and the data set, for the picture.
    """

    def __init__(self, test: "RateTest", *, used: float, name: str) -> None:
        self.test = test
        self.used = used
        self.name = name

    def __str__(self) -> str:
        if self.suggestion is None:
            return f"No learning rate to suggest: the loss did not fall. The training would use {self.used:g}."
        return (
            f"Suggested learning rate {self.suggestion:g}, between {self.test.fastest:.2g}, at which the loss falls "
            f"fastest, and {self.test.best:.2g}, at which it is smallest. The training would use {self.used:g}."
        )

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rate of each optimizer step."""
        return self.test.rates

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss of each step's batch."""
        return self.test.losses

    @property
    def suggestion(self) -> float | None:
        """A learning rate to train with, the peak of a one-cycle schedule; None if the loss did not fall."""
        return self.test.suggestion

    def draw(self) -> "Picture":
        """Return the picture of the losses over the learning rates, with its alt text."""
        from keras_cnn_course.plots.rates import plot_rates

        return plot_rates(self.test, used=self.used, name=self.name)

    def plot(self) -> "Figure":
        """Return the picture of the losses over the learning rates."""
        return self.draw().figure


def find_rate(
    recipe: "str | os.PathLike[str] | Callable[..., Any]" = "cnn",
    data: "str | os.PathLike[str] | Dataset | Sequence[Any]" = "digits",
    *,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    backend: "Backend | None" = None,
    overrides: Mapping[str, object] | None = None,
    **hyperparameters: object,
) -> FoundRate:
    """Try learning rates from 0.000001 to 10, one per optimizer step, and suggest one. No run folder is written.

    Args:
        recipe: a name such as `cnn`, the path of a recipe's file, or a `build_model` function.
        data: as in `train`.
        seed: random seed for the initial weights and the image order.
        device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.
        threads: number of compute threads; all cores when None.
        precision: number format of the hidden layers: `auto`, `float32`, `bfloat16` or `float16`.
        backend: TensorFlow as it was started, in place of `device` and `threads`.
        overrides: hyperparameters by name, for a recipe that has one with the name of a parameter above.
        **hyperparameters: values that replace the recipe's own.

    Raises:
        UsageError, RecipeError, DatasetError: as in `train`; the recipe's optimizer has a schedule of its own.
        TrainingError: the loss is infinite or not a number from the beginning.

    >>> found = find_rate("softmax", "digits")
    >>> 0.001 < found.suggestion < 1
    True
    """
    from keras_cnn_course.catalog.live import find_live_recipe
    from keras_cnn_course.errors import UsageError
    from keras_cnn_course.files.values import SEED, check_value

    source = find_live_recipe(recipe)
    seed = check_value("seed", seed, SEED, kind=UsageError)
    from keras_cnn_course.datasets.given import read_dataset

    dataset = read_dataset(data)
    if backend is None:
        from keras_cnn_course.devices.backend import start

        backend = start(device=device, threads=threads)

    from keras_cnn_course.training.plan import make_plan
    from keras_cnn_course.training.progress import QuietProgress
    from keras_cnn_course.training.rate_test import run_rate_test

    changed = {**(overrides or {}), **hyperparameters}
    plan = make_plan(source, dataset, overrides=changed, seed=seed, precision=precision, backend=backend)
    test = run_rate_test(plan, callback=QuietProgress())
    return FoundRate(test, used=plan.hyperparameters.learning_rate, name=f"{source.name} on {dataset.name}")
