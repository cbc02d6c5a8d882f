"""The reliability diagram: accuracy for every degree of confidence."""

from matplotlib.axes import Axes

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text
from keras_cnn_course.results.calibration import Calibration, Reliability

__all__ = ["plot_reliability"]

_WIDTH, _HEIGHT = 5.2, 6.2


def plot_reliability(reliability: Reliability, *, name: str) -> Picture:
    """Draw the accuracy over the confidence, before and after temperature scaling, and the images per bin.

    Args:
        name: of the run and its data set, for the title.
    """
    figure = new_figure(_WIDTH, _HEIGHT)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1, label="perfectly calibrated")
    _draw(upper, reliability.before, color=OKABE_ITO[0], marker="o", label="as trained")
    if reliability.after is not None:
        label = f"temperature {reliability.temperature:.2f}"
        _draw(upper, reliability.after, color=OKABE_ITO[1], marker="s", label=label)
    upper.set_ylabel("accuracy", fontsize=TEXT)
    upper.set(xlim=(0, 1), ylim=(0, 1.02))
    upper.legend(loc="lower left", bbox_to_anchor=(0, 1.01), borderaxespad=0, frameon=False, fontsize=SMALL + 1)
    bins = reliability.before.bins
    lower.bar([one.low for one in bins], [one.count for one in bins], width=1 / len(bins), align="edge", color=MUTED)
    lower.set_yscale("symlog", linthresh=1)
    lower.set_ylim(bottom=0)
    lower.set_ylabel("images", fontsize=TEXT)
    lower.set_xlabel("confidence: probability of the likeliest class", fontsize=TEXT)
    for axes in (upper, lower):
        axes.tick_params(labelsize=SMALL + 1)
        axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    title = wrap_text(f"{name}: reliability", inches=_WIDTH - 0.4, size=TITLE)
    figure.suptitle(title, fontsize=TITLE, parse_math=False)
    return Picture(figure, _describe(reliability, name=name))


def _draw(axes: Axes, calibration: Calibration, *, color: str, marker: str, label: str) -> None:
    """Draw one point per bin that has images; its area grows with them."""
    filled = [one for one in calibration.bins if one.confidence is not None and one.accuracy is not None]
    total = sum(one.count for one in filled)
    places = [one.confidence or 0.0 for one in filled], [one.accuracy or 0.0 for one in filled]
    axes.plot(*places, color=color, linewidth=0.6, alpha=0.5)
    sizes = [12 + 100 * one.count / total for one in filled]
    label = f"{label}: ECE {calibration.ece:.2%}"
    axes.scatter(*places, s=sizes, color=color, marker=marker, alpha=0.8, clip_on=False, label=label)


def _describe(reliability: Reliability, *, name: str) -> str:
    start = f"Reliability diagram of {name}: expected calibration error {reliability.before.ece:.2%}"
    if reliability.after is None:
        return f"{start}."
    return f"{start}, and {reliability.after.ece:.2%} with a temperature of {reliability.temperature:.2f}."
