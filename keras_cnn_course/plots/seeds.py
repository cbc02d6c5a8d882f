"""Runs with several seeds per setting: one dot per run, the means and their intervals."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text
from keras_cnn_course.results.seeds import PairedDifference, SeedGroup

__all__ = ["plot_seeds"]

_WIDTH, _ROW, _REST, _TALLEST = 9.6, 0.3, 1.3, 200.0
_ACCURACIES = (0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998)


def plot_seeds(groups: Sequence[SeedGroup], differences: Sequence[PairedDifference], *, dataset: str) -> Picture:
    """Draw the test accuracy of every run, one row per setting, and beside it the differences seed by seed.

    If the largest error is more than four times the smallest, the scale is logarithmic in the error.

    Args:
        groups: at least one.
        differences: between them, in the same order, or none.
        dataset: for the title.
    """
    figure = new_figure(_WIDTH, min(_REST + _ROW * len(groups), _TALLEST))
    panels = figure.subplots(1, 2 if differences else 1, sharey=True, squeeze=False)[0]
    rows = {group.name: row for row, group in enumerate(groups)}
    _draw_accuracies(panels[0], groups)
    panels[0].set_yticks(range(len(rows)), list(rows), fontsize=SMALL + 1, parse_math=False)
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    if differences:
        _draw_differences(panels[1], differences, rows)
    for axes in panels:
        axes.tick_params(labelsize=SMALL + 1)
        axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    title = f"Test accuracy on {dataset}: one dot per run, bars are means with 95% intervals"
    figure.suptitle(wrap_text(title, inches=_WIDTH - 0.4, size=TITLE), fontsize=TITLE, parse_math=False)
    return Picture(figure, _describe(groups, differences, dataset=dataset))


def _draw_accuracies(axes: Axes, groups: Sequence[SeedGroup]) -> None:
    """Draw accuracies by their error. An error of 0 is drawn as half an image, because 0 has no logarithm."""
    least = 0.5 / max(group.test_examples for group in groups)
    errors = [max(1 - value, least) for group in groups for value in group.test_accuracy]
    logarithmic = max(errors) > 4 * min(errors)
    for row, group in enumerate(groups):
        interval = group.interval
        _draw_row(
            axes,
            row,
            [max(1 - value, least) for value in group.test_accuracy],
            mean=max(1 - group.mean, least),
            interval=interval and (max(1 - interval[1], least), max(1 - interval[0], least)),
        )
    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator([1 - accuracy for accuracy in _ACCURACIES]))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.invert_xaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):.4g}%"))
    axes.set_xlabel("test accuracy" + (" (logarithmic scale of the error)" if logarithmic else ""), fontsize=TEXT)


def _draw_differences(axes: Axes, differences: Sequence[PairedDifference], rows: dict[str, int]) -> None:
    axes.axvline(0, color=MUTED, linewidth=0.8)
    for difference in differences:
        values = [100 * value for value in difference.differences]
        interval = difference.interval
        _draw_row(
            axes,
            rows[difference.name],
            values,
            mean=100 * difference.mean,
            interval=interval and (100 * interval[0], 100 * interval[1]),
        )
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.3g}" if value else "0"))
    label = f"difference to {differences[0].against} with the same seed, in percentage points"
    axes.set_xlabel(wrap_text(label, inches=_WIDTH / 3, size=TEXT), fontsize=TEXT, parse_math=False)


def _draw_row(
    axes: Axes, row: int, values: Sequence[float], *, mean: float, interval: tuple[float, float] | None
) -> None:
    """Draw the runs of a setting as dots, and below them the mean as a bar with its interval as a line."""
    look: dict[str, Any] = {"color": OKABE_ITO[0], "linestyle": "none", "alpha": 0.75, "markeredgecolor": "white"}
    axes.plot(values, [row - 0.12] * len(values), marker="o", markersize=5, **look)
    axes.plot([mean], [row + 0.18], color=OKABE_ITO[1], marker="|", markersize=9, markeredgewidth=1.8)
    if interval is not None:
        axes.plot(interval, [row + 0.18] * 2, color=OKABE_ITO[1], linewidth=1.4)


def _describe(groups: Sequence[SeedGroup], differences: Sequence[PairedDifference], *, dataset: str) -> str:
    parts = "; ".join(
        f"{one.name} {one.mean:.2%} (seeds: {len(one.seeds)}, from {min(one.test_accuracy):.2%} to "
        f"{max(one.test_accuracy):.2%})"
        for one in groups
    )
    text = f"Mean test accuracy on {dataset}: {parts}."
    if differences:
        gains = "; ".join(f"{one.name} {100 * one.mean:+.2f}" for one in differences)
        text += f" Mean difference to {differences[0].against} with the same seed, in percentage points: {gains}."
    return text
