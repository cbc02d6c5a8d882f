"""Slide "Convolution (a footnote)": cross-correlation and convolution with the same kernel."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, flip
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.matrix import add_bar, add_margin, color_limit, draw_matrix, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE, new_figure

__all__ = ["plot_cross_correlation"]

_PANEL = 2.0


def plot_cross_correlation(material: Material) -> Picture:
    """Draw the kernel as it is and flipped, both outputs, and their difference."""
    image, kernel = material.image.pixels, material.filter.kernel
    correlated, convolved = convolve(image, kernel), convolve(image, flip(kernel))
    difference = correlated - convolved
    limit = color_limit(np.stack([correlated, convolved, difference], axis=-1), signed=True)
    figure = new_figure(9.6, 6.4)
    add_margin(figure)
    axes = figure.subplots(2, 3)
    panels = (
        (image, material.image.name, None),
        (kernel, "filter as it is", None),
        (correlated, "cross-correlation (slides, Keras)", limit),
        (difference, "difference of the outputs", limit),
        (flip(kernel), "filter turned by 180°", None),
        (convolved, "convolution (mathematics)", limit),
    )
    for axis, (matrix, title, shared) in zip(axes.flat, panels, strict=True):
        is_kernel = matrix.shape == kernel.shape and shared is None
        picture = draw_matrix(
            axis, matrix, title, limit=shared, signed=is_kernel or None, is_image=matrix is image, inches=_PANEL
        )
        add_bar(figure, picture, axis)
    figure.suptitle(f"Is the filter flipped? ({material.filter.name})", fontsize=TITLE)
    note = scale_note(image, scale="one color scale for both outputs and their difference")
    figure.supxlabel(note, fontsize=TEXT)
    return Picture(
        figure,
        f"Cross-correlation and convolution of {material.image.name} with the filter {material.filter.name}: "
        f"the outputs differ by up to {np.abs(difference).max():g}.",
    )
