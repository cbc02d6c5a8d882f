"""Slide "Convolution: pad 0's": the output without and with zeros around the input."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, pad_zeros
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.matrix import add_bar, draw_matrix, hatch, matrix_figure, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE

__all__ = ["plot_padding"]


def plot_padding(material: Material) -> Picture:
    """Draw input and output for both paddings; the added zeros are hatched."""
    image, kernel = material.image.pixels, material.filter.kernel
    valid, same = convolve(image, kernel), convolve(image, kernel, padding="same")
    padded = pad_zeros(image, kernel.shape)
    zeros = pad_zeros(np.ones_like(image), kernel.shape) == 0
    figure, axes = matrix_figure([image.shape[1], valid.shape[1], padded.shape[1], same.shape[1]], rows=len(padded))
    panels = (
        (image, "valid: input"),
        (valid, "valid: output"),
        (padded, "same: input and zeros"),
        (same, "same: output"),
    )
    for axis, (matrix, title) in zip(axes, panels, strict=True):
        add_bar(figure, draw_matrix(axis, matrix, title, is_image=True), axis)
    hatch(axes[2], zeros)
    size, taps = image.shape[0], kernel.shape[0]
    figure.suptitle(f"Padding with the filter {material.filter.name} ({taps}x{kernel.shape[1]})", fontsize=TITLE)
    figure.supxlabel(
        f"output rows = input rows - filter rows + 1:   valid {size}-{taps}+1 = {len(valid)}"
        f"      same {len(padded)}-{taps}+1 = {len(same)}      ({scale_note(image)})",
        fontsize=TEXT,
    )
    return Picture(
        figure,
        f"Without padding the {material.image.size} input becomes {valid.shape[0]}x{valid.shape[1]}; with "
        f"{int(zeros.sum())} zeros around it the output is {same.shape[0]}x{same.shape[1]}, as large as the input.",
    )
