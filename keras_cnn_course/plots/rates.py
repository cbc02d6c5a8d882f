"""The losses of a learning rate range test."""

from matplotlib.ticker import FuncFormatter

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text
from keras_cnn_course.training.rate_test import RateTest

__all__ = ["plot_rates"]

_WIDTH, _HEIGHT = 7.2, 3.9


def plot_rates(test: RateTest, *, used: float, name: str) -> Picture:
    """Draw the loss of each step over its learning rate (logarithmic), smoothed and not, and the suggestion.

    Args:
        used: the learning rate that the training would use.
        name: of the recipe and the data set, for the title.
    """
    figure = new_figure(_WIDTH, _HEIGHT)
    axes = figure.subplots()
    axes.plot(test.rates, test.losses, color=MUTED, linewidth=0.7, alpha=0.6, label="loss of each batch")
    axes.plot(test.rates, test.smoothed, color=OKABE_ITO[0], linewidth=1.8, label="mean of 15 batches")
    if test.suggestion is not None:
        axes.axvline(test.suggestion, color=OKABE_ITO[1], label=f"suggested: {test.suggestion:g}")
    axes.axvline(used, color=OKABE_ITO[2], linestyle="--", label=f"in use: {used:g}")
    axes.set_xscale("log")
    top, bottom = max(test.smoothed[: len(test.smoothed) // 2 + 1]), min(0.0, *test.losses)
    axes.set_ylim(bottom, bottom + 1.3 * ((top - bottom) or 1.0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
    axes.set_xlabel("learning rate (logarithmic scale)", fontsize=TEXT)
    axes.set_ylabel("loss", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL + 1)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", fontsize=SMALL + 1)
    title = wrap_text(f"{name}: loss while the learning rate grows", inches=_WIDTH - 0.4, size=TITLE)
    figure.suptitle(title, fontsize=TITLE, parse_math=False)
    return Picture(figure, _describe(test, used=used, name=name))


def _describe(test: RateTest, *, used: float, name: str) -> str:
    tried = f"Loss of {name} over learning rates from {test.rates[0]:g} to {test.rates[-1]:.2g}"
    if test.suggestion is None:
        return f"{tried}: it does not fall, so no rate is suggested. The rate in use is {used:g}."
    return (
        f"{tried}: it falls fastest at {test.fastest:.2g} and is smallest at {test.best:.2g}. The suggested rate is "
        f"{test.suggestion:g}, the rate in use is {used:g}."
    )
