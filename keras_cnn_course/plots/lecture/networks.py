"""Slides "Handwritten Digit Recognition" and "CNN Demo": networks as strips of boxes with their numbers."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.network import NETWORKS, SizedLayer, size_layers
from keras_cnn_course.lecture.slides.networks import IMAGE
from keras_cnn_course.plots.matrix import add_margin
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure

__all__ = ["plot_demo", "plot_dense", "plot_one_block", "plot_two_blocks"]

_COLORS = {"image": MUTED, "conv": OKABE_ITO[0], "max": OKABE_ITO[5], "flatten": MUTED, "dense": OKABE_ITO[4]}
_PITCH = 1.45


def plot_dense(_: Material) -> Picture:
    """Draw the network with dense layers only."""
    return _plot_networks("mlp")


def plot_one_block(_: Material) -> Picture:
    """Draw the network with one block."""
    return _plot_networks("cnn")


def plot_two_blocks(_: Material) -> Picture:
    """Draw the network with two blocks."""
    return _plot_networks("deep_cnn")


def plot_demo(_: Material) -> Picture:
    """Draw all networks of the lecture."""
    return _plot_networks(*NETWORKS)


def _plot_networks(*names: str) -> Picture:
    """Draw one strip per network."""
    strips = [(name, [IMAGE, *size_layers(NETWORKS[name])]) for name in names]
    longest = max(len(layers) for _, layers in strips)
    figure = new_figure(_PITCH * longest + 0.4, 2.9 * len(strips) + 0.4)
    add_margin(figure)
    axes = figure.subplots(len(strips), 1, squeeze=False)[:, 0]
    totals = []
    for axis, (name, layers) in zip(axes, strips, strict=True):
        parameters = sum(layer.parameters for layer in layers)
        multiply_adds = sum(layer.multiply_adds for layer in layers)
        totals.append(f"{name} ({parameters:,} parameters)")
        axis.set_title(
            f"{name}: {parameters:,} parameters, {multiply_adds:,} multiply-adds per image", fontsize=TITLE, loc="left"
        )
        _draw_strip(axis, layers, columns=longest)
    figure.supxlabel(
        "Height of a box: height of the feature map. Width: number of channels (logarithmic). "
        "Units are drawn as a thin column.",
        fontsize=SMALL,
    )
    return Picture(
        figure,
        f"The layers of {', '.join(totals)}, each with its shape, parameters, multiply-adds and receptive field.",
    )


def _draw_strip(axis: Axes, layers: Sequence[SizedLayer], *, columns: int) -> None:
    """Draw one network from left to right, with the numbers of each layer below its box."""
    axis.set_xlim(-0.6, (columns - 1) + 0.6)
    axis.set_ylim(-0.95, 1.08)
    axis.axis("off")
    for number, layer in enumerate(layers):
        width, height = _box(layer)
        color = _COLORS[layer.label.split()[0]]
        corner = (number - width / 2, 0.5 - height / 2)
        axis.add_patch(Rectangle(corner, width, height, facecolor=color, edgecolor="black", lw=0.8))
        if number:
            previous, _ = _box(layers[number - 1])
            start, end = number - 1 + previous / 2 + 0.04, number - width / 2 - 0.03
            axis.annotate("", (end, 0.5), (start, 0.5), arrowprops={"arrowstyle": "->", "color": MUTED})
        axis.text(number, -0.12, _numbers(layer), ha="center", va="top", fontsize=TEXT - 1, linespacing=1.4)


def _box(layer: SizedLayer) -> tuple[float, float]:
    """Return the width and height of a layer's box."""
    if len(layer.shape) == 1:
        return 0.12, 0.25 + 0.065 * math.log2(layer.shape[0])
    return 0.14 + 0.07 * math.log2(layer.shape[2]), layer.shape[0] / 28


def _numbers(layer: SizedLayer) -> str:
    lines = [layer.label, " x ".join(str(size) for size in layer.shape)]
    lines.append(f"{layer.parameters:,} params" if layer.parameters else "0 params")
    lines.append(f"{layer.multiply_adds:,} m-adds" if layer.multiply_adds else "0 m-adds")
    lines.append(f"sees {layer.receptive_field}x{layer.receptive_field}")
    return "\n".join(lines)
