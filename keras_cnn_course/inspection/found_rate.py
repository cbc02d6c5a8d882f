"""What a learning rate range test has found, with its picture."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from keras_cnn_course.plots.saving import Picture
    from keras_cnn_course.training.rate_test import RateTest

__all__ = ["FoundRate"]


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
