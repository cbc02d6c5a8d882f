"""The confusion matrix: which classes are confused with each other."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_cnn_course.plots.fonts import drawable_names
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, SMALL, TEXT, TITLE, measure_text, new_figure, wrap_text

__all__ = ["plot_confusion"]

_COLORS = "viridis_r"
_MAX_CLASSES = 50


def plot_confusion(confusion: np.ndarray, class_names: tuple[str, ...], *, name: str) -> Picture:
    """Draw a confusion matrix with every count printed. The diagonal is muted, so that the errors stand out.

    Args:
        confusion: integers `(classes, classes)`, true classes in rows, predicted classes in columns. If there are
            more than 50 classes, those with the most errors are drawn.
        class_names: one per class.
        name: of the run and its data set, for the title.
    """
    classes = _choose_classes(confusion)
    counts = confusion[np.ix_(classes, classes)]
    errors = np.where(np.eye(len(classes), dtype=bool), 0, counts)
    cell = 0.5 if len(classes) <= 20 else 0.36
    drawable = drawable_names(class_names)
    names = [_shorten(drawable[label]) for label in classes]
    most = int(errors.max(initial=0))
    wrong = int(confusion.sum() - np.trace(confusion))
    parts = "" if len(classes) == len(confusion) else f"; the {len(classes)} classes with the most errors"
    title = f"{name}: {wrong:,} of {confusion.sum():,} wrong, {len(confusion)} classes{parts}"
    figure, axes, bar = _lay_out(title, names, side=cell * len(classes), with_bar=most > 1)
    # The scale starts at 1, so that a single error already stands out from the white of no errors.
    norm = Normalize(1 if most > 1 else 0, max(1, most))
    visible = np.ma.masked_equal(errors, 0)
    image = axes.imshow(visible, cmap=_COLORS, norm=norm, interpolation="none", aspect="equal")
    _write_counts(axes, counts, norm)
    _label_classes(axes, names)
    if bar is not None:
        scale = figure.colorbar(image, cax=bar, ticks=MaxNLocator(6, integer=True))
        scale.set_label("errors", fontsize=SMALL)
        bar.tick_params(labelsize=SMALL)
    return Picture(figure, _describe(confusion, class_names, name=name, wrong=wrong))


def _lay_out(title: str, names: list[str], *, side: float, with_bar: bool) -> tuple[Figure, Axes, Axes | None]:
    """Return a figure with its title, square axes of `side` inches, and axes for a color bar.

    The margins are as wide as the longest class name.
    """
    longest = max(measure_text(name, size=TEXT) for name in names)
    left, below = longest + 0.45, (longest if _is_turned(names) else 0.15) + 0.4
    width = left + side + (0.85 if with_bar else 0.2)
    wrapped = wrap_text(title, inches=max(width, 4.0) - 0.3, size=TITLE)
    above = 0.25 + 0.2 * (wrapped.count("\n") + 1)
    width, height = max(width, 4.0), below + side + above
    figure = new_figure(width, height, constrained=False)
    figure.text(0.15 / width, 1 - 0.12 / height, wrapped, fontsize=TITLE, va="top", parse_math=False)
    axes = figure.add_axes((left / width, below / height, side / width, side / height))
    if not with_bar:
        return figure, axes, None
    length = min(side, 3.0)
    place = ((left + side + 0.2) / width, (below + (side - length) / 2) / height, 0.13 / width, length / height)
    return figure, axes, figure.add_axes(place)


def _is_turned(names: list[str]) -> bool:
    """Return whether the names are too long to be written side by side."""
    return max(len(name) for name in names) > 4


def _shorten(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _choose_classes(confusion: np.ndarray) -> np.ndarray:
    """Return the classes to draw in order: all of them, or those with the most errors."""
    off_diagonal = confusion - np.diag(np.diag(confusion))
    errors = off_diagonal.sum(axis=0) + off_diagonal.sum(axis=1)
    return np.sort(np.argsort(-errors, kind="stable")[:_MAX_CLASSES])


def _write_counts(axes: Axes, counts: np.ndarray, norm: Normalize) -> None:
    """Print every count: errors in full contrast, the diagonal and zeros in gray."""
    size = TEXT if counts.max() < 1000 and len(counts) <= 20 else SMALL
    for (row, column), count in np.ndenumerate(counts):
        if row == column:
            axes.fill_between([column - 0.5, column + 0.5], row - 0.5, row + 0.5, color="#EDEDED", linewidth=0)
        color = MUTED if row == column else "#C4C4C4" if count == 0 else "white" if norm(count) > 0.45 else "black"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=size, color=color)


def _label_classes(axes: Axes, names: list[str]) -> None:
    turned = 90 if _is_turned(names) else 0
    axes.set_xticks(range(len(names)), names, fontsize=TEXT, rotation=turned, parse_math=False)
    axes.set_yticks(range(len(names)), names, fontsize=TEXT, parse_math=False)
    axes.set_xlabel("predicted class", fontsize=TEXT)
    axes.set_ylabel("true class", fontsize=TEXT)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5))
    axes.tick_params(length=0)


def _describe(confusion: np.ndarray, class_names: tuple[str, ...], *, name: str, wrong: int) -> str:
    start = f"Confusion matrix of {name}: {wrong:,} of {confusion.sum():,} images are wrong"
    if not wrong:
        return f"{start}."
    errors = confusion - np.diag(np.diag(confusion))
    true, predicted = np.unravel_index(int(errors.argmax()), errors.shape)
    times = "once" if errors.max() == 1 else f"{errors.max():,} times"
    return f"{start}. Most often ({times}) class {class_names[true]} is predicted as class {class_names[predicted]}."
