"""Slides "Convolution Layer", "Convolution Layer: depth d" and "Basic Building Block of CNN's"."""

import numpy as np

from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.lecture.slides.layer import design_layer, run_block, take_depth_step
from keras_cnn_course.plots.forward_sheet import SheetLayer, plot_forward_sheet
from keras_cnn_course.plots.matrix import add_bar, add_margin, draw_matrix, outline, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE, new_figure

__all__ = ["plot_block", "plot_depth", "plot_layer"]


def plot_block(material: Material) -> Picture:
    """Draw the feature maps of four filters designed by hand: after the convolution, ReLU and max pooling."""
    image = material.image.pixels[..., np.newaxis]
    layer = design_layer(material.image.pixels)
    feature_maps = run_block(image, layer.kernels, layer.bias)
    return plot_forward_sheet(
        image,
        [
            SheetLayer("convolution + bias", feature_maps.convolved),
            SheetLayer("ReLU", feature_maps.activated, is_rectified=True),
            SheetLayer("max pooling", feature_maps.pooled, is_rectified=True),
        ],
        name=f"One block with filters designed by hand, on {material.image.name}",
        channel_names=layer.names,
        brightest=float(max(image.max(), 1)),
    )


plot_layer = plot_block


def plot_depth(material: Material) -> Picture:
    """Draw window, kernel and products of each channel, which all add up to one output pixel."""
    image = material.image.channels
    depth = image.shape[2]
    step = take_depth_step(image)
    figure = new_figure(7.2, 2.7 * depth + 0.8)
    add_margin(figure)
    axes = figure.subplots(depth, 3, squeeze=False, gridspec_kw={"width_ratios": [1.2, 1, 1]})
    for channel, total in enumerate(step.sums):
        panels = (
            (image[..., channel], f"channel {channel + 1}"),
            (step.kernel[..., channel], f"kernel, channel {channel + 1}"),
            (step.dot_product.products[..., channel], f"window x kernel, sum {total}"),
        )
        for axis, (matrix, title) in zip(axes[channel], panels, strict=True):
            add_bar(figure, draw_matrix(axis, matrix, title, signed=axis is not axes[channel, 0], inches=1.8), axis)
        outline(axes[channel, 0], Window(step.row, step.column, 3, 3))
    figure.suptitle(f"One 3x3x{depth} kernel: output pixel ({step.row}, {step.column})", fontsize=TITLE)
    figure.supxlabel(f"{step.arithmetic}      ({scale_note(image)})", fontsize=TEXT)
    return Picture(
        figure,
        f"A 3x3x{depth} kernel gives the output pixel ({step.row}, {step.column}), the sum over all channels: "
        f"{step.arithmetic}.",
    )
