"""Picture 8: the windows of a pooling layer over one of its maps, the winners circled, and the smaller map."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.models.outputs import PooledMap
from keras_cnn_course.plots.lecture.matrix import add_bar, colour_limit, draw_matrix, hatch, matrix_figure, outline
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import OKABE_ITO, TEXT, TITLE, wrap_text

__all__ = ["plot_pooling"]


def plot_pooling(pooled: PooledMap, *, name: str) -> Picture:
    """Draw a map with the windows over it, the largest number of each circled, and the map that is left.

    Args:
        pooled: the map.
        name: of the run and the image, for the title.
    """
    before, after = pooled.before, pooled.after
    figure, (left, right) = matrix_figure([before.shape[1], after.shape[1]], rows=len(before), lines=5)
    limit = colour_limit(before, signed=bool((before < 0).any()))
    most = pooled.kind == "MaxPooling2D"
    for axes, matrix, title in ((left, before, "before"), (right, after, "after")):
        add_bar(figure, draw_matrix(axes, matrix, title, limit=limit), axes)
    unread = _draw_windows(left, pooled)
    if most:
        for row, column in pooled.clear_winners():
            left.add_patch(Circle((column, row), 0.46, fill=False, edgecolor=OKABE_ITO[1], linewidth=1.1))
    hatch(left, unread)
    circled = "Circled: the largest number of its window, if not all are equal." if most else "The mean of each window."
    dropped = f" Hatched: {int(unread.sum())} pixels that no window reads." if unread.any() else ""
    title = (
        f"{name}, {pooled.layer}: {pooled.window}x{pooled.window} windows on map {pooled.channel} of "
        f"{pooled.channels}, the one with the largest number"
    )
    inches = float(figure.get_figwidth()) - 0.5
    figure.suptitle(wrap_text(title, inches=inches, size=TITLE), fontsize=TITLE, parse_math=False)
    figure.supxlabel(wrap_text(f"{circled}{dropped} One scale for both.", inches=inches, size=TEXT), fontsize=TEXT)
    alt = (
        f"{pooled.layer} of {name} on its map {pooled.channel}: {_times(before)} numbers become {_times(after)}, "
        f"{'the largest' if most else 'the mean'} of each {pooled.window}x{pooled.window} window; the largest of all "
        f"is {after.max():.2f}."
    )
    return Picture(figure, alt)


def _draw_windows(axes: Axes, pooled: PooledMap) -> np.ndarray:
    """Outline every window and return which pixels none of them reads."""
    unread = np.ones(pooled.before.shape, dtype=bool)
    for row, column in np.ndindex(*pooled.after.shape):
        rows, columns = pooled.window_at(row, column)
        unread[rows, columns] = False
        window = Window(rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)
        outline(axes, window, colour="white", width=0.9)
    return unread


def _times(matrix: np.ndarray) -> str:
    return "x".join(map(str, matrix.shape))
