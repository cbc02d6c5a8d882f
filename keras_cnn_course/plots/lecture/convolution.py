"""Pictures of the convolution: one step by hand, padding, flipping, and an image of depth d."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, flip, output_shape, pad_zeros, take_dot_product
from keras_cnn_course.lecture.filter_text import total_text
from keras_cnn_course.lecture.filters import FILTERS, Filter
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.plots.lecture.matrix import (
    add_bar,
    add_margin,
    colour_limit,
    draw_matrix,
    hatch,
    matrix_figure,
    outline,
    scale_note,
)
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE, new_figure

__all__ = ["count_steps", "plot_convolution_step", "plot_depth", "plot_flip", "plot_padding"]


def count_steps(material: Material) -> int:
    """Return the number of output pixels: as many steps has the convolution."""
    height, width = output_shape(material.image.pixels.shape, material.filter.numerators.shape)
    return height * width


def plot_convolution_step(material: Material, *, step: int) -> Picture:
    """Draw picture 1: the window on the input, kernel, products and their sum, and the output filled so far.

    Args:
        material: the image and the filter.
        step: from 1 to `count_steps`.
    """
    image, kernel = material.image.pixels, material.filter.numerators
    output = convolve(image, kernel)
    row, column = divmod(step - 1, output.shape[1])
    dot_product = take_dot_product(image, kernel, row=row, column=column)
    window = Window(row, column, *kernel.shape)
    figure, axes = matrix_figure([image.shape[1], kernel.shape[1], kernel.shape[1], output.shape[1]], rows=len(image))
    drawn = (
        draw_matrix(axes[0], image, material.image.name),
        draw_matrix(axes[1], kernel, f"filter {material.filter.name}{_fraction(material.filter)}"),
        draw_matrix(axes[2], dot_product.products, "window x filter", signed=material.filter.is_signed),
        draw_matrix(
            axes[3],
            output,
            f"output so far{_fraction(material.filter)}",
            limit=_limit(output, signed=material.filter.is_signed),
            filled=step,
        ),
    )
    for picture, axis in zip(drawn, axes, strict=True):
        add_bar(figure, picture, axis)
    outline(axes[0], window)
    outline(axes[3], Window(row, column, 1, 1))
    total = total_text(material.filter, dot_product.total)
    figure.suptitle(f"Step {step} of {output.size}: output pixel ({row}, {column})", fontsize=TITLE)
    figure.supxlabel(f"sum of the products + bias 0 = {total}      ({scale_note(image)})", fontsize=TEXT)
    return Picture(
        figure,
        f"Step {step} of {output.size} of a convolution of {material.image.name} with the filter "
        f"{material.filter.name}: the window at row {row}, column {column} gives {total}.",
    )


def plot_padding(material: Material) -> Picture:
    """Draw picture 2: the output without and with zeros around the input; the added zeros are hatched."""
    image, kernel = material.image.pixels, material.filter.kernel
    valid, same = convolve(image, kernel), convolve(image, kernel, padding="same")
    padded = pad_zeros(image, kernel.shape)
    zeros = pad_zeros(np.ones_like(image), kernel.shape) == 0
    figure, axes = matrix_figure(
        [image.shape[1], valid.shape[1], padded.shape[1], same.shape[1]], rows=len(padded), lines=4
    )
    panels = (
        (image, "valid: input"),
        (valid, "valid: output"),
        (padded, "same: input and zeros"),
        (same, "same: output"),
    )
    for axis, (matrix, title) in zip(axes, panels, strict=True):
        add_bar(figure, draw_matrix(axis, matrix, title), axis)
    hatch(axes[2], zeros)
    size, taps = image.shape[0], kernel.shape[0]
    figure.suptitle(f"Padding, filter {material.filter.name} ({taps}x{kernel.shape[1]})", fontsize=TITLE)
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


def plot_flip(material: Material) -> Picture:
    """Draw picture 4: cross-correlation against flipped convolution with the same kernel, and the difference."""
    image, kernel = material.image.pixels, material.filter.kernel
    correlated, convolved = convolve(image, kernel), convolve(image, flip(kernel))
    difference = correlated - convolved
    limit = colour_limit(np.stack([correlated, convolved, difference], axis=-1), signed=True)
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
    figure.suptitle(f"Is the filter flipped? {material.filter.name}", fontsize=TITLE)
    figure.supxlabel(scale_note(image, scale="one colour scale for the outputs and their difference"), fontsize=TEXT)
    return Picture(
        figure,
        f"Cross-correlation and convolution of {material.image.name} with the filter {material.filter.name}: "
        f"the outputs differ by up to {np.abs(difference).max():g}.",
    )


def plot_depth(material: Material) -> Picture:
    """Draw slide "depth d": window, kernel and products of each channel, all of which sum up to one output pixel."""
    image = material.image.channels
    depth = image.shape[2]
    kernel = FILTERS["horizontal-edges"].numerators
    row, column = (image.shape[0] - 3) // 2, (image.shape[1] - 2) // 2
    step = take_dot_product(image, kernel[..., np.newaxis], row=row, column=column, bias=1)
    figure = new_figure(7.2, 2.7 * depth + 0.8)
    add_margin(figure)
    axes = figure.subplots(depth, 3, squeeze=False, gridspec_kw={"width_ratios": [1.2, 1, 1]})
    for channel in range(depth):
        panels = (
            (image[..., channel], f"channel {channel + 1}"),
            (kernel, f"filter, channel {channel + 1}"),
            (step.products[..., channel], f"window x filter, sum {step.products[..., channel].sum()}"),
        )
        for axis, (matrix, title) in zip(axes[channel], panels, strict=True):
            add_bar(figure, draw_matrix(axis, matrix, title, signed=axis is not axes[channel, 0], inches=1.8), axis)
        outline(axes[channel, 0], Window(row, column, 3, 3))
    sums = " + ".join(f"({step.products[..., channel].sum()})" for channel in range(depth))
    figure.suptitle(f"One kernel of 3x3x{depth}: output pixel ({row}, {column})", fontsize=TITLE)
    figure.supxlabel(f"{sums} + bias 1 = {step.total}      ({scale_note(image)})", fontsize=TEXT)
    return Picture(
        figure,
        f"A kernel of 3x3x{depth} at ({row}, {column}), summed over channels: {sums} + bias 1 = {step.total}.",
    )


def _fraction(kernel: Filter) -> str:
    return "" if kernel.denominator == 1 else f"\n(x 1/{kernel.denominator})"


def _limit(output: np.ndarray, *, signed: bool) -> tuple[float, float]:
    """Return one colour scale for all steps, so that a pixel keeps its colour."""
    largest = float(np.abs(output).max()) or 1.0
    return (-largest if signed else 0.0), largest
