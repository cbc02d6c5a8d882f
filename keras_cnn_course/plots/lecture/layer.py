"""Slides "Convolution Layer", "Convolution Layer: depth d" and "Basic Building Block of CNN's"."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window, size_text
from keras_cnn_course.lecture.slides.layer import BlockMaps, ExampleLayer, design_layer, run_block, take_depth_step
from keras_cnn_course.plots.matrix import add_bar, add_margin, color_limit, draw_matrix, outline, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import OKABE_ITO, TEXT, TITLE, new_figure

__all__ = ["plot_block", "plot_depth", "plot_layer"]

_SIZE = (11.0, 6.2)
_PANEL = 1.2
_IMAGE = 2.0


def plot_layer(material: Material) -> Picture:
    """Draw four kernels designed by hand, and their outputs before and after ReLU."""
    layer, feature_maps = _run(material)
    rows = (
        ("kernels", layer.kernels[:, :, 0]),
        ("convolution\n+ bias", feature_maps.convolved),
        ("ReLU", feature_maps.activated),
    )
    biases = [f"{name}\nbias {bias}" for name, bias in zip(layer.names, layer.bias.tolist(), strict=True)]
    return _plot_channels(material, rows, biases, layer, feature_maps, title="One layer with four kernels")


def plot_block(material: Material) -> Picture:
    """Draw the feature maps of four kernels designed by hand after the convolution, ReLU and max pooling."""
    layer, feature_maps = _run(material)
    rows = (
        ("convolution\n+ bias", feature_maps.convolved),
        ("ReLU", feature_maps.activated),
        ("max pooling", feature_maps.pooled),
    )
    return _plot_channels(material, rows, layer.names, layer, feature_maps, title="One block with four kernels")


def _run(material: Material) -> tuple[ExampleLayer, BlockMaps]:
    image = material.image.pixels
    layer = design_layer(image)
    return layer, run_block(image[..., np.newaxis], layer.kernels, layer.bias)


def _plot_channels(
    material: Material,
    rows: Sequence[tuple[str, np.ndarray]],
    heads: Sequence[str],
    layer: ExampleLayer,
    feature_maps: BlockMaps,
    *,
    title: str,
) -> Picture:
    """Draw the image, and to its right one column per kernel and one row per step.

    Args:
        rows: names of the steps, and their arrays `(height, width, kernels)`.
        heads: above the columns.
    """
    image = material.image
    figure = new_figure(*_SIZE)
    add_margin(figure)
    grid = figure.add_gridspec(len(rows), 1 + len(heads), width_ratios=[_IMAGE, *[_PANEL] * len(heads)])
    draw_matrix(figure.add_subplot(grid[:, 0]), image.pixels, image.name, is_image=True, inches=_IMAGE)
    for row, (name, values) in enumerate(rows):
        limit = color_limit(values, signed=bool((values < 0).any()))
        panels = [figure.add_subplot(grid[row, 1 + column]) for column in range(len(heads))]
        for column, axes in enumerate(panels):
            picture = draw_matrix(axes, values[..., column], "", limit=limit, inches=_PANEL)
            axes.set_title(heads[column] if row == 0 else "", fontsize=TEXT)
            if name in ("ReLU", "max pooling") and feature_maps.dead[column]:
                _cross_out(axes)
        panels[0].set_ylabel(f"{name}\n{size_text(values)}", fontsize=TEXT)
        add_bar(figure, picture, panels, values=values)
    dead = [name for name, is_dead in zip(layer.names, feature_maps.dead, strict=True) if is_dead]
    figure.suptitle(f"{title}, designed by hand, on {image.name}", fontsize=TITLE, parse_math=False)
    note = scale_note(image.pixels, scale="Each row has its own color scale")
    figure.supxlabel(f"{note}. Crossed out: 0 everywhere after ReLU.", fontsize=TEXT)
    steps = ", ".join(" ".join(name.split()) for name, _ in rows)
    be = "is" if len(dead) == 1 else "are"
    silent = f" {len(dead)} of the {len(heads)} channels {be} 0 everywhere after ReLU ({', '.join(dead)})."
    return Picture(
        figure, f"{title}, designed by hand, on {image.name}: {steps} for each kernel.{silent if dead else ''}"
    )


def _cross_out(axes: Axes) -> None:
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    for start, end in ((top, bottom), (bottom, top)):
        axes.plot([left, right], [start, end], color=OKABE_ITO[1], linewidth=1.2)


def plot_depth(material: Material) -> Picture:
    """Draw window, kernel and products of each channel, which all add up to one output pixel."""
    image = material.image.channels
    depth = image.shape[2]
    step = take_depth_step(image)
    figure = new_figure(_SIZE[0], _SIZE[1] + 1)
    add_margin(figure)
    axes = figure.subplots(3, depth, squeeze=False, height_ratios=[1.2, 1, 1])
    for channel, total in enumerate(step.sums):
        panels = (
            (image[..., channel], f"channel {channel + 1}", True),
            (step.kernel[..., channel], f"kernel, channel {channel + 1}", False),
            (step.dot_product.products[..., channel], f"window x kernel, sum {total}", False),
        )
        for row, (matrix, title, is_image) in enumerate(panels):
            axis = axes[row, channel]
            picture = draw_matrix(axis, matrix, title, signed=not is_image, is_image=is_image, inches=_PANEL)
            add_bar(figure, picture, axis)
        outline(axes[0, channel], Window(step.row, step.column, 3, 3))
    figure.suptitle(f"One 3x3x{depth} kernel: output pixel ({step.row}, {step.column})", fontsize=TITLE)
    figure.supxlabel(f"{step.arithmetic}      ({scale_note(image)})", fontsize=TEXT)
    return Picture(
        figure,
        f"A 3x3x{depth} kernel gives the output pixel ({step.row}, {step.column}), the sum over all channels: "
        f"{step.arithmetic}.",
    )
