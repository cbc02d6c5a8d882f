"""Slide "Convolution (a footnote)": cross-correlation and convolution with the same kernel."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, flip
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.matrix import add_bar, color_limit, draw_matrix, matrix_figure, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE

__all__ = ["plot_cross_correlation"]


def plot_cross_correlation(material: Material) -> Picture:
    """Draw the kernel as it is and flipped, both outputs, and their difference."""
    image, kernel = material.image.pixels, material.filter.kernel
    correlated, convolved = convolve(image, kernel), convolve(image, flip(kernel))
    difference = correlated - convolved
    limit = color_limit(np.stack([correlated, convolved, difference], axis=-1), signed=True)
    widths = [image.shape[1], kernel.shape[1], kernel.shape[1], *[correlated.shape[1]] * 3]
    figure, axes = matrix_figure(widths, rows=len(image))
    panels = (
        (image, material.image.name, None),
        (kernel, "filter as it is", None),
        (flip(kernel), "filter turned by 180°", None),
        (correlated, "cross-correlation\n(slides, Keras)", limit),
        (convolved, "convolution\n(mathematics)", limit),
        (difference, "difference", limit),
    )
    for axis, (matrix, title, shared) in zip(axes, panels, strict=True):
        add_bar(figure, draw_matrix(axis, matrix, title, limit=shared), axis)
    figure.suptitle(f"Is the filter flipped? ({material.filter.name})", fontsize=TITLE)
    note = scale_note(image, scale="one color scale for both outputs and their difference")
    figure.supxlabel(note, fontsize=TEXT)
    return Picture(
        figure,
        f"Cross-correlation and convolution of {material.image.name} with the filter {material.filter.name}: "
        f"the outputs differ by up to {np.abs(difference).max():g}.",
    )
