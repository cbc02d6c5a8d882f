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
_PITCH, _MOST_ON_A_LINE = 1.9, 6
_WIDTH, _HEIGHT = 11.0, 6.2


def plot_dense(_: Material) -> Picture:
    """Draw the network with dense layers only."""
    return _plot_network("mlp")


def plot_one_block(_: Material) -> Picture:
    """Draw the network with one block."""
    return _plot_network("cnn")


def plot_two_blocks(_: Material) -> Picture:
    """Draw the network with two blocks."""
    return _plot_network("deep_cnn")


def plot_demo(_: Material) -> Picture:
    """Draw the parameters and the multiply-adds of all networks of the lecture, with the commands that train them."""
    figure = new_figure(_WIDTH, _HEIGHT)
    add_margin(figure)
    counts = {name: _count(size_layers(layers)) for name, layers in NETWORKS.items()}
    labels = [f"{name}\nkcnn train\n--recipe {name}" for name in counts]
    for number, (axis, title) in enumerate(
        zip(figure.subplots(1, 2, sharey=True), ("parameters", "multiply-adds per image"), strict=True)
    ):
        values = [count[number] for count in counts.values()]
        axis.barh(range(len(values)), values, color=OKABE_ITO[number], height=0.6)
        axis.set_xscale("log")
        axis.set_xlim(min(values) / 4, max(values) * 30)
        for row, value in enumerate(values):
            axis.text(value * 1.2, row, f"{value:,}", va="center", fontsize=TEXT)
        axis.set_title(f"{title} (logarithmic scale)", fontsize=TITLE)
        axis.tick_params(labelsize=TEXT)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_yticks(range(len(labels)), labels, fontsize=TEXT)
    axis.invert_yaxis()
    totals = ", ".join(f"{name} {count[0]:,} and {count[1]:,}" for name, count in counts.items())
    return Picture(figure, f"Parameters and multiply-adds per image of the four networks: {totals}.")


def _plot_network(name: str) -> Picture:
    """Draw the layers of a network in one line, or in two if they are many."""
    layers = [IMAGE, *size_layers(NETWORKS[name])]
    lines = math.ceil(len(layers) / _MOST_ON_A_LINE)
    columns = math.ceil(len(layers) / lines)
    figure = new_figure(max(_PITCH * columns + 0.4, 8.0), 3.1 * lines + 0.4)
    add_margin(figure)
    for line, axis in enumerate(figure.subplots(lines, 1, squeeze=False)[:, 0]):
        _draw_strip(axis, layers, range(line * columns, min((line + 1) * columns, len(layers))), columns=columns)
    parameters, multiply_adds = _count(layers)
    figure.suptitle(f"{name}: {parameters:,} parameters, {multiply_adds:,} multiply-adds per image", fontsize=TITLE)
    figure.supxlabel(
        "Height of a box: height of the feature map. Width: number of channels (logarithmic). "
        "Units are drawn as a thin column.",
        fontsize=SMALL,
    )
    return Picture(
        figure,
        f"The layers of {name} ({parameters:,} parameters), each with its shape, parameters, multiply-adds and "
        "receptive field.",
    )


def _count(layers: Sequence[SizedLayer]) -> tuple[int, int]:
    """Return the parameters and the multiply-adds of a network."""
    return sum(layer.parameters for layer in layers), sum(layer.multiply_adds for layer in layers)


def _draw_strip(axis: Axes, layers: Sequence[SizedLayer], shown: range, *, columns: int) -> None:
    """Draw some layers of a network from left to right, with the numbers of each layer below its box."""
    axis.set_xlim(-0.6, (columns - 1) + 0.6)
    axis.set_ylim(-0.95, 1.08)
    axis.axis("off")
    for place, number in enumerate(shown):
        layer = layers[number]
        width, height = _box(layer)
        color = _COLORS[layer.label.split()[0]]
        corner = (place - width / 2, 0.5 - height / 2)
        axis.add_patch(Rectangle(corner, width, height, facecolor=color, edgecolor="black", lw=0.8))
        if number:
            previous, _ = _box(layers[number - 1])
            start, end = max(place - 1 + previous / 2 + 0.04, -0.55), place - width / 2 - 0.03
            axis.annotate("", (end, 0.5), (start, 0.5), arrowprops={"arrowstyle": "->", "color": MUTED})
        axis.text(place, -0.12, _numbers(layer), ha="center", va="top", fontsize=TEXT - 1, linespacing=1.4)


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
