"""One case of a homework exercise as a picture: inputs, the student's result, the expected one, the difference."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.plots.matrix import add_bar, draw_matrix, matrix_figure
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE, wrap_text

__all__ = ["LARGEST_DRAWN", "can_be_drawn", "plot_case"]

LARGEST_DRAWN = 34
"""The most rows and columns of an array that is drawn."""

_MOST_PANELS = 6
# These are compared with each other, so a color means the same number in all of them.
_RESULTS = ("yours", "expected", "difference")


def can_be_drawn(values: np.ndarray) -> bool:
    """Return whether an array has rows and columns, and not too many."""
    return values.ndim >= 2 and values.size > 0 and max(values.shape[:2]) <= LARGEST_DRAWN


def plot_case(title: str, panels: Sequence[tuple[str, np.ndarray]], note: str) -> Picture:
    """Draw the arrays of a case side by side with their numbers.

    Args:
        panels: names and arrays that can be drawn. Of one with more than two dimensions, the first channel is drawn.
        note: text below the panels.
    """
    flat = [_flatten(name, values) for name, values in panels[:_MOST_PANELS]]
    figure, axes = matrix_figure(
        [matrix.shape[1] for _, matrix in flat], rows=max(matrix.shape[0] for _, matrix in flat), lines=3
    )
    results = [matrix for name, matrix in flat if name.startswith(_RESULTS)]
    largest = max((float(np.abs(matrix[np.isfinite(matrix)]).max(initial=0)) for matrix in results), default=0.0) or 1.0
    limit = (-largest if any((matrix < 0).any() for matrix in results) else 0.0, largest)
    for axis, (name, matrix) in zip(axes, flat, strict=True):
        add_bar(figure, draw_matrix(axis, matrix, name, limit=limit if name.startswith(_RESULTS) else None), axis)
    figure.suptitle(title, fontsize=TITLE)
    figure.supxlabel(wrap_text(note, inches=figure.get_figwidth() - 0.4, size=TEXT), fontsize=TEXT)
    return Picture(figure, f"{title}: {', '.join(name for name, _ in flat)}. {note}")


def _flatten(name: str, values: np.ndarray) -> tuple[str, np.ndarray]:
    """Return the first channel of an array, with a name that says so."""
    if values.ndim == 2:
        return name, values
    first = values.reshape(*values.shape[:2], -1)[:, :, 0]
    return f"{name}, first channel", first
