"""Slides "Max Pooling: after ReLU", "Pooling" and "Max Pooling"."""

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window, size_text
from keras_cnn_course.lecture.pooling import average_pool, find_winners, max_pool
from keras_cnn_course.plots.matrix import add_bar, color_limit, draw_matrix, hatch, matrix_figure, outline, scale_note
from keras_cnn_course.plots.pooling import plot_pooling as plot_windows
from keras_cnn_course.plots.relu import plot_relu as plot_before_and_after
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE

__all__ = ["count_max_pooling", "plot_max_pooling", "plot_pooling", "plot_relu"]

# On a larger feature map the marks would hide the pixels.
_LARGEST_MARKED = 64


def plot_relu(material: Material) -> Picture:
    """Draw the output of the filter before and after ReLU."""
    before = convolve(material.image.pixels, material.filter.kernel)
    return plot_before_and_after(
        before, relu(before), name=f"The filter {material.filter.name} on {material.image.name}"
    )


def count_max_pooling(material: Material) -> int:
    """Return the number of steps, which is the number of windows."""
    return max_pool(convolve(material.image.pixels, material.filter.kernel)).size


def plot_max_pooling(material: Material, *, step: int | None = None) -> Picture:
    """Draw the image, the output of the filter, and max pooling after ReLU.

    Args:
        step: number of windows done so far. None: all are done.
    """
    edges = convolve(material.image.pixels, material.filter.kernel)
    after = relu(edges)
    pooled = max_pool(after)
    windows = [Window(2 * row, 2 * column, 2, 2) for row, column in np.ndindex(*pooled.shape)]
    winners = [(int(row), int(column)) for row, column in find_winners(after).reshape(-1, 2)[:step]]
    return plot_windows(
        after,
        pooled,
        windows,
        name=f"Max pooling of {material.image.name} after the filter {material.filter.name} and ReLU",
        winners=winners,
        step=step,
        earlier=[(material.image.name, material.image.pixels), (f"filter {material.filter.name}", edges)],
    )


def plot_pooling(material: Material) -> Picture:
    """Draw max and average pooling of one feature map."""
    after = relu(convolve(material.image.pixels, material.filter.kernel))
    largest, average = max_pool(after), average_pool(after)
    limit = color_limit(after, signed=False)
    figure, axes = matrix_figure([after.shape[1], largest.shape[1], average.shape[1]], rows=len(after))
    titles = ("after the filter and ReLU", "max pooling", "average pooling")
    for axis, title, matrix in zip(axes, titles, (after, largest, average), strict=True):
        add_bar(figure, draw_matrix(axis, matrix, title, limit=limit), axis)
    read = np.zeros(after.shape, dtype=bool)
    read[: 2 * largest.shape[0], : 2 * largest.shape[1]] = True
    if max(after.shape) <= _LARGEST_MARKED:
        for row, column in np.ndindex(*largest.shape):
            outline(axes[0], Window(2 * row, 2 * column, 2, 2), width=1.5)
        hatch(axes[0], ~read)
    figure.suptitle(f"2x2 windows on {material.image.name}, {size_text(after)} to {size_text(largest)}", fontsize=TITLE)
    note = scale_note(after, scale="one color scale for all")
    dropped = f"hatched: {int((~read).sum())} pixels that no window reads      " if not read.all() else ""
    figure.supxlabel(f"{dropped}({note})", fontsize=TEXT)
    return Picture(
        figure,
        f"Max pooling and average pooling of {size_text(after)} numbers, {material.image.name} after the filter "
        f"{material.filter.name} and ReLU: {size_text(largest)} are left.",
    )
