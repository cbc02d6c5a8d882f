"""The windows of a pooling over a feature map, their largest numbers circled, and the smaller feature map."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.plots.matrix import (
    add_bar,
    color_limit,
    draw_matrix,
    hatch,
    matrix_figure,
    outline,
    scale_note,
)
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import OKABE_ITO, TEXT, TITLE, wrap_text

__all__ = ["plot_pooling"]

# On a larger feature map the marks would hide the pixels.
_LARGEST_MARKED = 64

# The title and the caption of a narrow figure are wrapped.
_LINES = 6


def plot_pooling(
    before: np.ndarray,
    after: np.ndarray,
    windows: Sequence[Window],
    *,
    name: str,
    winners: Sequence[tuple[int, int]] | None = None,
    step: int | None = None,
    earlier: Sequence[tuple[str, np.ndarray]] = (),
) -> Picture:
    """Draw a feature map with the windows over it, and the feature map that is left.

    Args:
        before: `(height, width)`.
        after: `(height', width')`.
        windows: one per number of `after`, row by row.
        name: for the title.
        winners: row and column of each window's largest number, which is circled unless all numbers of the window are
            equal. None for average pooling.
        step: number of windows done so far; the last of them is outlined. None: all are done.
        earlier: the image and the steps that lead to `before`, drawn first: titles and matrices.
    """
    panels = [*earlier, ("before pooling", before), ("after pooling", after)]
    figure, axes = matrix_figure(
        [matrix.shape[1] for _, matrix in panels], rows=max(len(m) for _, m in panels), lines=_LINES
    )
    for axis, (title, matrix) in zip(axes[: len(earlier)], earlier, strict=True):
        add_bar(figure, draw_matrix(axis, matrix, title, is_image=matrix is earlier[0][1]), axis)
    left, right = axes[-2:]
    limit = color_limit(before, signed=bool((before < 0).any()))
    add_bar(figure, draw_matrix(left, before, "before pooling", limit=limit), left)
    add_bar(figure, draw_matrix(right, after, "after pooling", limit=limit, filled=step), right)
    unread = _find_unread(before, windows)
    is_marked = max(before.shape) <= _LARGEST_MARKED
    pairs = zip(winners or (), windows, strict=False)
    circled = [place for place, window in pairs if np.ptp(_inside(before, window)) > 0]
    if is_marked:
        _mark(left, windows, circled, current=None if step is None else windows[step - 1])
    hatch(left, unread)
    if step is not None:
        outline(left, windows[step - 1])
        row, column = divmod(step - 1, after.shape[1])
        outline(right, Window(row, column, 1, 1))
    height, width = max(each.height for each in windows), max(each.width for each in windows)  # whole, if one is
    progress = f"{height}x{width} windows" if step is None else f"window {step} of {len(windows)}"
    inches = float(figure.get_figwidth()) - 0.5
    title = wrap_text(f"{name}, {progress}", inches=inches, size=TITLE)
    figure.suptitle(title, fontsize=TITLE, parse_math=False)
    dropped = f"Hatched: {int(unread.sum())} pixels that no window reads. " if unread.any() else ""
    legend = "Circled: the largest number of each window, unless all are equal. " if is_marked and circled else ""
    note = f"{legend}{dropped}{scale_note(before, scale='Before and after pooling have one color scale')}."
    figure.supxlabel(wrap_text(note, inches=inches, size=TEXT), fontsize=TEXT)
    kept = "mean" if winners is None else "largest number"
    lost = f"; no window reads {int(unread.sum())} of the pixels" if unread.any() else ""
    reached = "" if step is None else f", {progress}"
    alt = (
        f"{name}{reached}: {_times(before)} numbers become {_times(after)}, the {kept} of each {height}x{width} window"
    )
    return Picture(figure, f"{alt}{lost}.")


def _find_unread(before: np.ndarray, windows: Sequence[Window]) -> np.ndarray:
    """Return which pixels no window reads."""
    unread = np.ones(before.shape, dtype=bool)
    for window in windows:
        _inside(unread, window)[...] = False
    return unread


def _inside(matrix: np.ndarray, window: Window) -> np.ndarray:
    return matrix[window.top : window.top + window.height, window.left : window.left + window.width]


def _mark(axes: Axes, windows: Sequence[Window], winners: Sequence[tuple[int, int]], *, current: Window | None) -> None:
    """Outline every window and circle the winners, those of earlier windows in another color."""
    for window in windows:
        outline(axes, window, color="white", width=1.0)
    for row, column in winners:
        color = OKABE_ITO[1] if current is None or current.contains(row, column) else OKABE_ITO[4]
        axes.add_patch(Circle((column, row), 0.44, fill=False, edgecolor=color, linewidth=1.6))


def _times(matrix: np.ndarray) -> str:
    return "x".join(map(str, matrix.shape))
