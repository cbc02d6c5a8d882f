"""Slides "Max Pooling: after ReLU", "Pooling" and "Max Pooling"."""

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.lecture.pooling import find_winners, max_pool
from keras_cnn_course.plots.pooling import plot_pooling as plot_windows
from keras_cnn_course.plots.relu import plot_relu as plot_before_and_after
from keras_cnn_course.plots.saving import Picture

__all__ = ["count_max_pooling", "plot_max_pooling", "plot_pooling", "plot_relu"]


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


plot_pooling = plot_max_pooling
