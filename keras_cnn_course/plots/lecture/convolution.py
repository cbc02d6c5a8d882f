"""Slide "Convolution: Take dot product!": one step by hand, with every number printed."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, output_shape, take_dot_product
from keras_cnn_course.lecture.filters import Filter
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window, total_text
from keras_cnn_course.plots.matrix import add_bar, draw_matrix, matrix_figure, outline, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE

__all__ = ["count_convolution", "plot_convolution"]


def count_convolution(material: Material) -> int:
    """Return the number of steps, which is the number of output pixels."""
    height, width = output_shape(material.image.pixels.shape, material.filter.numerators.shape)
    return height * width


def plot_convolution(material: Material, *, step: int | None = None) -> Picture:
    """Draw the window on the input, the kernel, the products and their sum, and the output filled so far.

    Args:
        step: from 1 to `count_convolution`. None: the first step of the second row, where the lecture stops.
    """
    material.check_small()
    image, kernel = material.image.pixels, material.filter.numerators
    output = convolve(image, kernel)
    step = min(output.shape[1] + 1, output.size) if step is None else step
    row, column = divmod(step - 1, output.shape[1])
    dot_product = take_dot_product(image, kernel, row=row, column=column)
    figure, axes = matrix_figure([image.shape[1], kernel.shape[1], kernel.shape[1], output.shape[1]], rows=len(image))
    signed, fraction = material.filter.is_signed, _fraction(material.filter)
    # One color scale for all steps, so that a pixel keeps its color.
    largest = float(np.abs(output).max()) or 1.0
    limit = (-largest if signed else 0.0, largest)
    drawn = (
        draw_matrix(axes[0], image, material.image.name, is_image=True),
        draw_matrix(axes[1], kernel, f"filter {material.filter.name}{fraction}", signed=True),
        draw_matrix(axes[2], dot_product.products, "window x filter", signed=signed, is_image=True),
        draw_matrix(axes[3], output, f"output so far{fraction}", limit=limit, filled=step, is_image=True),
    )
    for picture, axis in zip(drawn, axes, strict=True):
        add_bar(figure, picture, axis)
    outline(axes[0], Window(row, column, *kernel.shape))
    outline(axes[3], Window(row, column, 1, 1))
    total = total_text(material.filter, dot_product.total)
    figure.suptitle(f"Step {step} of {output.size}: output pixel ({row}, {column})", fontsize=TITLE)
    figure.supxlabel(f"sum of the products + bias 0 = {total}      ({scale_note(image)})", fontsize=TEXT)
    return Picture(
        figure,
        f"Step {step} of {output.size} of the convolution of {material.image.name} with the filter "
        f"{material.filter.name}: the window at row {row}, column {column} gives {total}.",
    )


def _fraction(kernel: Filter) -> str:
    return "" if kernel.denominator == 1 else f"\n(x 1/{kernel.denominator})"
