"""Slides "What numbers were involved in computing this 1?" and "Applying max pooling again"."""

import numpy as np

from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.slides.receptive_field import trace_pixel
from keras_cnn_course.plots.matrix import add_bar, draw_matrix, matrix_figure, outline, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import OKABE_ITO, TEXT, TITLE

__all__ = ["plot_pool_again", "plot_receptive_field"]


def plot_receptive_field(material: Material) -> Picture:
    """Draw one pixel after one pooling, traced back to 4x4 input pixels."""
    return _plot_ladder(material, poolings=1)


def plot_pool_again(material: Material) -> Picture:
    """Draw one pixel after two poolings, traced back to 6x6 input pixels."""
    return _plot_ladder(material, poolings=2)


def _plot_ladder(material: Material, *, poolings: int) -> Picture:
    """Draw a box on each feature map, and a dot on each input pixel that was measured to matter."""
    image = material.image.pixels
    trace = trace_pixel(material, poolings=poolings)
    titles = [material.image.name, "filter and ReLU", *(f"after pooling {count}" for count in range(1, poolings + 1))]
    figure, axes = matrix_figure([len(matrix) for matrix, _ in trace.maps], rows=len(image))
    for axis, title, (matrix, window) in zip(axes, titles, trace.maps, strict=True):
        add_bar(figure, draw_matrix(axis, matrix, title, is_image=axis is axes[0]), axis)
        outline(axis, window)
    rows, columns = np.nonzero(trace.mask)
    axes[0].plot(columns + 0.33, rows - 0.33, ls="none", marker="o", ms=3.5, color=OKABE_ITO[3])
    times = f"{poolings} pooling{'s' * (poolings > 1)}"
    figure.suptitle(f"One pixel after {times}, traced back to the input", fontsize=TITLE)
    figure.supxlabel(
        f"box: counted, {trace.size}x{trace.size} = {trace.size**2} of {image.size} pixels      "
        f"dots: measured by changing each pixel, {trace.measured}\n({scale_note(image)})",
        fontsize=TEXT,
    )
    return Picture(
        figure,
        f"The pixel (0, 0) after {times} sees {trace.size}x{trace.size} of the {image.shape[0]}x{image.shape[1]} "
        f"input pixels; measured by changing each pixel: {trace.measured}.",
    )
