"""Test accuracies of runs that differ in their seed only: every run a dot, the mean a line."""

from collections.abc import Sequence

from matplotlib.ticker import FuncFormatter

from keras_cnn_course.inspection.seeds import SeedGroup
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text

__all__ = ["plot_seed_spread"]

_WIDTH, _ROW = 8.4, 0.5


def plot_seed_spread(groups: Sequence[SeedGroup]) -> Picture:
    """Draw every run's test accuracy as a dot, a row a group, and each group's mean.

    Args:
        groups: at least one, each of at least one run.
    """
    figure = new_figure(_WIDTH, _ROW * len(groups) + 1.3)
    axes = figure.subplots()
    for row, group in enumerate(groups):
        colour, marker = OKABE_ITO[row % len(OKABE_ITO)], MARKERS[row % len(MARKERS)]
        axes.plot(group.accuracies, [row] * len(group.accuracies), marker, color=colour, markersize=6, alpha=0.8)
        axes.plot([group.mean] * 2, [row - 0.3, row + 0.3], color=colour, linewidth=1.6)
    names = ["\n".join(wrap_text(group.label, inches=2.6, size=TEXT).splitlines()[:2]) for group in groups]
    axes.set_yticks(range(len(groups)), names, fontsize=TEXT, parse_math=False)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}%"))
    axes.set_xlabel("test accuracy; a dot a run, a line the mean", fontsize=TEXT)
    axes.tick_params(axis="x", labelsize=SMALL + 1)
    axes.grid(visible=True, axis="x", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("From seed to seed", fontsize=TITLE, loc="left")
    said = "; ".join(f"{group.label}: {_describe(group)}" for group in groups)
    return Picture(figure, f"Test accuracy of {sum(len(group.seeds) for group in groups)} runs by their seed. {said}.")


def _describe(group: SeedGroup) -> str:
    if group.deviation is None:
        return f"{group.mean:.2%}, one run"
    spread = f"{min(group.accuracies):.2%} to {max(group.accuracies):.2%}"
    return f"mean {group.mean:.2%} of {len(group.seeds)} seeds, {spread}"
