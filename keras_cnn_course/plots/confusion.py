"""The confusion matrix: which classes are confused with each other."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, SMALL, TEXT, TITLE, new_figure, wrap_text

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
    names = [_shorten(class_names[label]) for label in classes]
    margin = 0.075 * max(len(name) for name in names)
    width = max(cell * len(classes) + margin + 1.9, 5.6)
    figure = new_figure(width, cell * len(classes) + margin + 1.5)
    axes = figure.subplots()
    # The scale starts at 1, so that a single error already stands out from the white of no errors.
    norm = Normalize(1, max(2, int(errors.max())))
    visible = np.ma.masked_equal(errors, 0)
    image = axes.imshow(visible, cmap=_COLORS, norm=norm, interpolation="none", aspect="equal")
    _write_counts(axes, counts, norm)
    _label_classes(axes, names)
    wrong = int(confusion.sum() - np.trace(confusion))
    parts = "" if len(classes) == len(confusion) else f"; the {len(classes)} classes with the most errors"
    title = f"{name}: {wrong:,} of {confusion.sum():,} wrong, {len(confusion)}x{len(confusion)} classes{parts}"
    axes.set_title(wrap_text(title, inches=cell * len(classes) + 0.6, size=TITLE), fontsize=TITLE, parse_math=False)
    bar = figure.colorbar(image, ax=axes, shrink=0.7, aspect=30, ticks=MaxNLocator(6, integer=True))
    bar.set_label("errors", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return Picture(figure, _describe(confusion, class_names, name=name, wrong=wrong))


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
    turned = 90 if max(len(name) for name in names) > 4 else 0
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
