"""Pictures of one block: all channels layer by layer, and ReLU on its own."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.block import design_layer, run_block
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.lecture.matrix import add_bar, add_margin, colour_limit, draw_matrix, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import OKABE_ITO, SMALL, TEXT, TITLE, new_figure

__all__ = ["plot_forward_sheet", "plot_relu"]

_DEAD = OKABE_ITO[1]
_PANEL = 1.6
_MOST_ROWS = 8


def plot_forward_sheet(material: Material) -> Picture:
    """Draw picture 6: a row a layer, all channels, before and after ReLU and pooled; dead channels are marked."""
    image = material.image.pixels
    layer = design_layer(image)
    maps = run_block(image[..., np.newaxis], layer.kernels, layer.bias)
    rows = [
        ("convolution + bias", maps.convolved),
        ("after ReLU", maps.activated),
        ("after max pooling", maps.pooled),
    ]
    figure = new_figure(8.8, 9.6)
    add_margin(figure)
    grid = figure.add_gridspec(4, len(layer.names), height_ratios=[1.1, 1, 1, 1])
    top = figure.add_subplot(grid[0, :])
    add_bar(figure, draw_matrix(top, image, f"input: {material.image.name}", inches=_PANEL), top)
    for number, (title, channels) in enumerate(rows, start=1):
        axes = [figure.add_subplot(grid[number, column]) for column in range(len(layer.names))]
        titles = [f"{name}\n{title}" if number == 1 else title for name in layer.names]
        _draw_layer(figure, axes, channels, titles=titles, dead=maps.dead)
        if number > 1:
            _mark_dead(axes, maps.dead)
    dead = [name for name, is_dead in zip(layer.names, maps.dead, strict=True) if is_dead]
    figure.suptitle("One block: convolution, ReLU, max pooling", fontsize=TITLE)
    figure.supxlabel(
        scale_note(image, scale="one colour scale a row, set by its live channels")
        + "; filters designed by hand, a network learns its own",
        fontsize=TEXT,
    )
    return Picture(
        figure,
        f"A convolution with {len(layer.names)} filters, ReLU and max pooling of {material.image.name}; "
        f"dead channels: {', '.join(dead) or 'none'}.",
    )


def _draw_layer(
    figure: Figure, axes: Sequence[Axes], channels: np.ndarray, *, titles: Sequence[str], dead: np.ndarray
) -> None:
    """Draw the channels of one layer on one colour scale."""
    # The dead channel is so negative that its scale would leave the others almost without a colour.
    seen = channels if dead.all() else channels[..., ~dead]
    limit = colour_limit(seen, signed=bool((channels < 0).any()))
    inches = _PANEL if len(channels) <= _MOST_ROWS else 0.0
    for column, axis in enumerate(axes):
        picture = draw_matrix(axis, channels[..., column], titles[column], limit=limit, inches=inches)
    add_bar(figure, picture, axes, values=channels)


def _mark_dead(axes: Sequence[Axes], dead: np.ndarray) -> None:
    """Frame the dead channels, and say what they are."""
    for axis, is_dead in zip(axes, dead, strict=True):
        if is_dead:
            axis.set_xlabel("dead: all zero", color=_DEAD, fontsize=TEXT)
            for spine in axis.spines.values():
                spine.set(color=_DEAD, linewidth=2.5)


def plot_relu(material: Material) -> Picture:
    """Draw picture 7: a map before and after ReLU on one scale, the share it set to zero, and both histograms."""
    image = material.image.pixels
    before = convolve(image, material.filter.kernel)
    after = relu(before)
    share = float((before < 0).mean())
    largest = float(np.abs(before).max()) or 1.0
    limit = colour_limit(before, signed=True)
    figure = new_figure(10.5, 4.0)
    add_margin(figure)
    left, middle, right = figure.subplots(1, 3, gridspec_kw={"width_ratios": [1, 1, 1.25]})
    for axis, matrix, title in ((left, before, "before ReLU"), (middle, after, "after ReLU")):
        add_bar(figure, draw_matrix(axis, matrix, title, limit=limit, inches=1.4 * _PANEL), axis)
    edges = np.linspace(-largest, largest, 26)
    right.hist(before.ravel(), edges, color=OKABE_ITO[0], alpha=0.45, label="before", hatch="//")
    right.hist(after.ravel(), edges, histtype="step", color=OKABE_ITO[1], lw=2, label="after")
    right.set_yscale("linear" if material.image.is_small else "log")
    right.set_xlabel("value", fontsize=TEXT)
    right.set_ylabel("pixels", fontsize=TEXT)
    right.tick_params(labelsize=SMALL)
    right.legend(fontsize=SMALL, frameon=False)
    figure.suptitle(
        f"ReLU sets {int((before < 0).sum())} of {before.size} numbers ({share:.0%}) to 0; "
        f"filter {material.filter.name}",
        fontsize=TITLE,
    )
    figure.supxlabel(scale_note(image, scale="one colour scale for both maps"), fontsize=TEXT)
    return Picture(
        figure,
        f"The filter {material.filter.name} on {material.image.name}, before and after ReLU: {share:.0%} of the "
        "numbers were negative and became 0.",
    )
