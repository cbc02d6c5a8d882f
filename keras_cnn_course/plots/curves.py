"""Training curves: loss and accuracy over the epochs of one run or several."""

from collections.abc import Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text
from keras_cnn_course.results.history import Curves

__all__ = ["choose_epochs", "plot_curves"]

_WIDTH, _HEIGHT, _LEGEND_ROW = 9.6, 3.9, 0.19
_MOST_TICKS = 8


def plot_curves(runs: Sequence[Curves]) -> Picture:
    """Draw loss (logarithmic) and accuracy: training dashed, validation solid.

    A star marks the epoch with the smallest validation loss, in both panels. It is often not the epoch with the
    largest accuracy. Nothing is smoothed. Several runs share the axes, each with its own color and marker.

    Args:
        runs: at least one.
    """
    columns = _legend_columns(runs)
    rows = -(-len(runs) // columns) if len(runs) > 1 else 0
    figure = new_figure(_WIDTH, _HEIGHT + _LEGEND_ROW * rows)
    loss_axes, accuracy_axes = figure.subplots(1, 2)
    for number, run in enumerate(runs):
        look = {"color": OKABE_ITO[number % len(OKABE_ITO)], "marker": MARKERS[number % len(MARKERS)]}
        _draw_run(loss_axes, run, ("loss", "val_loss"), look)
        _draw_run(accuracy_axes, run, ("accuracy", "val_accuracy"), look)
    _dress_axes(loss_axes, accuracy_axes, logarithmic=any(value > 0 for run in runs for value in run.loss))
    epochs = [epoch for run in runs for epoch in run.epoch]
    for axes in (loss_axes, accuracy_axes):
        axes.xaxis.set_major_locator(FixedLocator(choose_epochs(min(epochs), max(epochs))))
    title = f"{runs[0].name}: training curves" if len(runs) == 1 else f"Training curves of {len(runs)} runs"
    figure.suptitle(wrap_text(title, inches=_WIDTH - 0.5, size=TITLE), fontsize=TITLE, parse_math=False)
    _explain_lines(loss_axes, "smallest validation loss", loc="upper right")
    _explain_lines(accuracy_axes, "epoch with the smallest validation loss", loc="lower right")
    if len(runs) > 1:
        _name_runs(figure, runs, columns)
    return Picture(figure, _describe(runs))


def choose_epochs(first: int, last: int) -> list[int]:
    """Return the epochs to mark on an axis: the first, the last, and round ones between them.

    >>> choose_epochs(1, 50), choose_epochs(1, 3)
    ([1, 10, 20, 30, 40, 50], [1, 2, 3])
    """
    steps = (factor * 10**power for power in range(10) for factor in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step <= _MOST_TICKS)
    between = range(step * (first // step + 1), last, step)
    return sorted({first, *(epoch for epoch in between if min(epoch - first, last - epoch) >= 0.5 * step), last})


def _draw_run(axes: Axes, run: Curves, columns: tuple[str, str], look: dict[str, Any]) -> None:
    """Draw one quantity of a run with few markers, so that a long run is a line and a single epoch is still a dot."""
    training, validation = (getattr(run, column) for column in columns)
    few: dict[str, Any] = {"markersize": 3, "markevery": max(1, len(run.epoch) // 10), "linewidth": 1.4, **look}
    axes.plot(run.epoch, training, linestyle=(0, (4, 2)), alpha=0.75, **few)
    axes.plot(run.epoch, validation, linestyle="-", **few)
    star: dict[str, Any] = {
        "markersize": 12,
        "markeredgecolor": "white",
        "markeredgewidth": 0.8,
        "linestyle": "none",
        "zorder": 5,
    }
    axes.plot([run.best_epoch], [validation[run.best]], **star, color=look["color"], marker="*")


def _dress_axes(loss_axes: Axes, accuracy_axes: Axes, *, logarithmic: bool) -> None:
    """Label the axes: loss on a logarithmic scale with plain numbers, accuracy in percent."""
    for axes, label in ((loss_axes, "loss"), (accuracy_axes, "accuracy")):
        axes.set_xlabel("epoch", fontsize=TEXT)
        axes.set_title(label, fontsize=TEXT)
        axes.tick_params(labelsize=SMALL + 1, which="both")
        axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
    if logarithmic:
        loss_axes.set_yscale("log")
        loss_axes.set_title("loss (logarithmic scale)", fontsize=TEXT)
        loss_axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
        loss_axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        loss_axes.yaxis.set_minor_formatter(NullFormatter())
    accuracy_axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}%"))


def _legend_columns(runs: Sequence[Curves]) -> int:
    """Return the number of run names that fit side by side."""
    longest = max(len(run.name) for run in runs)
    return max(1, min(len(runs), int(_WIDTH * 72 / (0.56 * TEXT * (longest + 7)))))


def _explain_lines(axes: Axes, star: str, *, loc: Literal["upper right", "lower right"]) -> None:
    """Add a legend of the line styles in the corner that the curves usually leave free."""
    styles = [
        Line2D([], [], color=MUTED, linestyle=(0, (4, 2)), label="training"),
        Line2D([], [], color=MUTED, label="validation"),
        Line2D([], [], color=MUTED, marker="*", markersize=9, linestyle="none", label=star),
    ]
    axes.legend(handles=styles, loc=loc, fontsize=SMALL + 1)


def _name_runs(figure: Figure, runs: Sequence[Curves], columns: int) -> None:
    """Write the names of the runs below the axes."""
    colors = [
        Line2D([], [], color=OKABE_ITO[number % len(OKABE_ITO)], marker=MARKERS[number % len(MARKERS)], markersize=4)
        for number in range(len(runs))
    ]
    # The names are set afterwards: matplotlib hides a label that begins with an underscore and reads $ as mathematics.
    legend = figure.legend(colors, ["run"] * len(runs), loc="outside lower center", ncols=columns, fontsize=TEXT)
    legend.set_frame_on(False)
    for text, run in zip(legend.get_texts(), runs, strict=True):
        text.set_parse_math(False)
        text.set_text(run.name)


def _describe(runs: Sequence[Curves]) -> str:
    if len(runs) == 1:
        run = runs[0]
        return (
            f"Loss and accuracy of {run.name} over {len(run.epoch)} epochs: validation loss is smallest in epoch "
            f"{run.best_epoch} with {run.val_loss[run.best]:.4f}, where validation accuracy is "
            f"{run.val_accuracy[run.best]:.2%}; they end at {run.val_loss[-1]:.4f} and {run.val_accuracy[-1]:.2%}."
        )
    names = ", ".join(f"{run.name} {run.val_accuracy[run.best]:.2%}" for run in runs)
    return (
        f"Loss and accuracy of {len(runs)} runs over their epochs; validation accuracy in the epoch with the smallest "
        f"validation loss: {names}."
    )
