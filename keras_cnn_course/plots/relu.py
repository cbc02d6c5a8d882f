"""The effect of ReLU on numbers: before and after on one scale, and how many become 0."""

import math

import numpy as np
from matplotlib.axes import Axes

from keras_cnn_course.plots.matrix import add_margin, color_limit, draw_matrix, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text

__all__ = ["plot_relu"]

_MAX_CHANNELS, _MAX_UNITS, _BINS, _FEW = 64, 1024, 60, 200
_WIDTH, _SIDE = 10.4, 3.3


def plot_relu(before: np.ndarray, after: np.ndarray, *, name: str) -> Picture:
    """Draw the input and the output of a ReLU on one scale, and a histogram of its input.

    Args:
        before: one feature map `(height, width)`, several `(height, width, channels)`, or units `(n,)`.
        after: of the same shape.
        name: for the title.
    """
    zeroed = float(np.mean(before < 0))
    note = "One color scale for both, symmetric about 0"
    if before.ndim == 2:
        limit, note = color_limit(before, signed=True), scale_note(before, scale=note)
    else:
        largest = float(np.abs(before).max()) or 1.0
        limit = (-largest, largest)
    figure = new_figure(_WIDTH, _SIDE + 1.0)
    add_margin(figure)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.05))
    for axes, values, title in ((left, before, "before ReLU"), (middle, after, "after ReLU")):
        mosaic = values if values.ndim == 2 else _lay_out(values)
        image = draw_matrix(axes, mosaic, title, limit=limit, inches=0.75 * _SIDE, shape=values.shape)
        axes.spines[:].set_visible(False)
    extend = "both" if np.abs(before).max() > limit[1] else "neither"
    bar = figure.colorbar(image, ax=[left, middle], shrink=0.8, aspect=28, extend=extend)
    bar.ax.tick_params(labelsize=SMALL)
    _draw_histogram(right, before, zeroed)
    channels = before.shape[-1]
    parts = f", the first {_MAX_CHANNELS} channels shown" if before.ndim == 3 and channels > _MAX_CHANNELS else ""
    title = f"{name}: {zeroed:.1%} of {before.size:,} numbers are negative and become 0{parts}"
    figure.suptitle(wrap_text(title, inches=_WIDTH - 0.4, size=TITLE), fontsize=TITLE, parse_math=False)
    figure.supxlabel(f"{note}.", fontsize=TEXT, color=MUTED)
    alt = (
        f"{name}, before and after ReLU: of {before.size:,} numbers from {before.min():.4g} to {before.max():.4g}, "
        f"{zeroed:.1%} are negative and become 0, the others stay the same."
    )
    return Picture(figure, alt)


def _lay_out(values: np.ndarray) -> np.ndarray:
    """Return channels `(height, width, n)` or units `(n,)` as one image that is about square, NaN between them."""
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
    # No bar has numbers of both signs: a bar begins at 0, also if 0 is the largest number.
    edges = np.unique([*edges, 0.0, *([edges[1] - edges[0]] if edges[-1] == 0 else [])])
    counts, _ = np.histogram(before, edges)
    negative = edges[:-1] < 0
    for chosen, color, hatch, label in (
        (negative, OKABE_ITO[1], "///", f"negative, become 0: {zeroed:.1%}"),
        (~negative, OKABE_ITO[0], "", f"stay the same: {1 - zeroed:.1%}"),
    ):
        axes.bar(
            edges[:-1][chosen], counts[chosen], np.diff(edges)[chosen], align="edge", color=color, hatch=hatch,
            edgecolor="white", linewidth=0, label=label,
        )  # fmt: skip
    # The limits leave room for the legend.
    if before.size > _FEW:
        axes.set_yscale("log")
        axes.set_ylim(top=12 * counts.max())
    else:
        axes.set_ylim(top=1.3 * counts.max())
    axes.set_title("the numbers before ReLU", fontsize=TEXT)
    axes.set_xlabel("value", fontsize=TEXT)
    axes.set_ylabel("count (logarithmic scale)" if before.size > _FEW else "count", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=SMALL, frameon=False)
