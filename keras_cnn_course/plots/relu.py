"""Picture 7: what ReLU does to a layer's numbers, before and after on one scale, and how many it sets to 0."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from keras_cnn_course.models.outputs import LayerOutput
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SIGNED, SMALL, TEXT, TITLE, new_figure, wrap_text

__all__ = ["plot_relu"]

_MAX_CHANNELS, _MAX_UNITS, _BINS = 64, 1024, 60
_WIDTH, _SIDE = 10.4, 3.3


def plot_relu(output: LayerOutput, *, name: str) -> Picture:
    """Draw a ReLU's input and output on one scale, and a histogram of its input.

    Args:
        output: of a ReLU, for one image; `(1, height, width, channels)` or `(1, units)`.
        name: of the run and the image, for the title.
    """
    before, after = output.inputs[0], output.values[0]
    zeroed = float(np.mean(before < 0))
    limit = float(np.abs(before).max()) or 1.0
    figure = new_figure(_WIDTH, _SIDE + 1.0)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.05))
    image = _draw_channels(left, before, "before ReLU", limit)
    _draw_channels(middle, after, "after ReLU", limit)
    bar = figure.colorbar(image, ax=[left, middle], shrink=0.8, aspect=28)
    bar.ax.tick_params(labelsize=SMALL)
    _draw_histogram(right, before, zeroed)
    channels = before.shape[-1]
    parts = f", the first {_MAX_CHANNELS} channels shown" if before.ndim == 3 and channels > _MAX_CHANNELS else ""
    title = f"{name}, {output.name}: {zeroed:.1%} of {before.size:,} numbers were negative and become 0{parts}"
    figure.suptitle(wrap_text(title, inches=_WIDTH - 0.4, size=TITLE), fontsize=TITLE, parse_math=False)
    figure.supxlabel("One scale, symmetric about 0, before and after.", fontsize=TEXT, color=MUTED)
    alt = (
        f"{output.name} of {name}: of {before.size:,} numbers from {before.min():.2f} to {before.max():.2f}, "
        f"{zeroed:.1%} are negative and become 0, the others stay."
    )
    return Picture(figure, alt)


def _draw_channels(axes: Axes, values: np.ndarray, title: str, limit: float) -> AxesImage:
    """Draw all channels in a square of maps, or all units in a square of cells."""
    mosaic = _lay_out(values)
    image = axes.imshow(mosaic, cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="none", aspect="equal")
    axes.set_title(f"{title}\n{'x'.join(map(str, values.shape))}", fontsize=TEXT)
    axes.set_axis_off()
    return image


def _lay_out(values: np.ndarray) -> np.ndarray:
    """Return channels `(height, width, n)` or units `(n,)` as one picture about as high as wide, NaN between them."""
    maps = values[..., :_MAX_CHANNELS] if values.ndim == 3 else values[np.newaxis, np.newaxis, :_MAX_UNITS]
    height, width, count = maps.shape
    gap = max(1, round(max(height, width) / 12)) if values.ndim == 3 else 0
    columns = math.ceil(math.sqrt(count * height / width))
    lines = math.ceil(count / columns)
    mosaic = np.full((lines, height + gap, columns, width + gap), np.nan, dtype=np.float32)
    for index in range(count):
        mosaic[index // columns, :height, index % columns, :width] = maps[..., index]
    return mosaic.reshape(lines * (height + gap), columns * (width + gap))


def _draw_histogram(axes: Axes, before: np.ndarray, zeroed: float) -> None:
    edges = np.histogram_bin_edges(before, bins=_BINS)
    edges = np.unique(np.append(edges, 0.0))  # no bar holds numbers of both kinds
    counts, _ = np.histogram(before, edges)
    negative = edges[:-1] < 0
    for chosen, colour, hatch, label in (
        (negative, OKABE_ITO[1], "///", f"negative, become 0: {zeroed:.1%}"),
        (~negative, OKABE_ITO[0], "", f"stay: {1 - zeroed:.1%}"),
    ):
        axes.bar(
            edges[:-1][chosen], counts[chosen], np.diff(edges)[chosen], align="edge", color=colour, hatch=hatch,
            edgecolor="white", linewidth=0, label=label,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(top=12 * counts.max())  # room for the legend
    axes.set_title("the numbers before ReLU", fontsize=TEXT)
    axes.set_xlabel("value", fontsize=TEXT)
    axes.set_ylabel("how many (logarithmic scale)", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=SMALL, frameon=False)
