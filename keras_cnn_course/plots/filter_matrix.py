"""The kernels of a deeper layer: one row per input channel, one column per filter, without averaging."""

import numpy as np
from matplotlib.axes import Axes

from keras_cnn_course.models.kernels import ConvolutionKernels
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import SIGNED, SMALL, TEXT, new_figure, wrap_text

__all__ = ["plot_filter_matrix", "tile_matrix"]

_MAX_INPUTS, _MAX_FILTERS = 64, 128
_CELL = 0.15
_PIXEL, _GAP = 4, 2


def plot_filter_matrix(kernels: ConvolutionKernels, *, run_name: str) -> Picture:
    """Draw all kernels of a layer as a matrix of inputs x filters, both ordered by L2 norm.

    Args:
        kernels: kernel `(height, width, channels, filters)`. At most the 64 channels and 128 filters with the largest
            norms are drawn.
        run_name: for the title.
    """
    height, width, channels, filters = kernels.kernel.shape
    squares = np.square(kernels.kernel)
    input_norms, filter_norms = np.sqrt(squares.sum(axis=(0, 1, 3))), np.sqrt(squares.sum(axis=(0, 1, 2)))
    inputs = np.argsort(-input_norms, kind="stable")[:_MAX_INPUTS]
    outputs = np.argsort(-filter_norms, kind="stable")[:_MAX_FILTERS]
    limit = float(np.abs(kernels.kernel).max()) or 1.0
    cell = max(_CELL, min(0.4, 4.8 / len(outputs), 12 / len(inputs)))
    size = (cell * len(outputs) + 1.6, cell * len(inputs) + 1.2)
    figure = new_figure(*size)
    axes = figure.subplots()
    pixels = tile_matrix(kernels.kernel[:, :, inputs][..., outputs])
    image = axes.imshow(pixels, cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="none", aspect="equal")
    axes.set_facecolor("#8C8C8C")
    _label_axes(axes, inputs=inputs, outputs=outputs, kernel_size=(height, width))
    parts = (
        ""
        if (len(inputs), len(outputs)) == (channels, filters)
        else (f"; {len(inputs)} of the channels and {len(outputs)} of the filters shown")
    )
    title = f"{run_name}: {kernels.layer}, {filters} kernels of {height}x{width}x{channels}{parts}"
    lines = [title, "One color scale for the layer. Rows and columns are ordered by L2 norm, the largest first."]
    heading = "\n".join(wrap_text(line, inches=cell * len(outputs) + 0.4, size=TEXT + 1) for line in lines)
    axes.set_title(heading, fontsize=TEXT + 1, parse_math=False)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=30)
    bar.set_label("weight", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    alt = (
        f"All kernels of {kernels.layer} in {run_name} as a matrix of {channels} input channels by {filters} filters, "
        f"ordered by norm. Channel {inputs[0]} has the largest weights (norm {input_norms[inputs[0]]:.2f}) among the "
        f"channels, filter {outputs[0]} (norm {filter_norms[outputs[0]]:.2f}) among the filters."
    )
    return Picture(figure, alt)


def tile_matrix(kernel: np.ndarray) -> np.ndarray:
    """Lay out kernels as one image with 4x4 dots per weight and 2 dots of NaN between kernels.

    Args:
        kernel: `(height, width, channels, filters)`.

    Returns:
        `(channels * (4 * height + 2) - 2, filters * (4 * width + 2) - 2)`.

    >>> tile_matrix(np.zeros((3, 3, 2, 5))).shape
    (26, 68)
    """
    height, width, channels, filters = kernel.shape
    step_y, step_x = _PIXEL * height + _GAP, _PIXEL * width + _GAP
    cells = np.full((channels, step_y, filters, step_x), np.nan, dtype=np.float32)
    large = kernel.transpose(2, 0, 3, 1).repeat(_PIXEL, axis=1).repeat(_PIXEL, axis=3)
    cells[:, : step_y - _GAP, :, : step_x - _GAP] = large
    return cells.reshape(channels * step_y, filters * step_x)[:-_GAP, :-_GAP]


def _label_axes(axes: Axes, *, inputs: np.ndarray, outputs: np.ndarray, kernel_size: tuple[int, int]) -> None:
    """Write the index of each channel and each filter beside its row or column."""
    step_y, step_x = (_PIXEL * side + _GAP for side in kernel_size)
    size = 5.5
    axes.set_yticks(np.arange(len(inputs)) * step_y + (step_y - _GAP) / 2 - 0.5, [str(index) for index in inputs])
    axes.set_xticks(np.arange(len(outputs)) * step_x + (step_x - _GAP) / 2 - 0.5, [str(index) for index in outputs])
    axes.tick_params(axis="x", labelsize=size, rotation=90, length=0, pad=2)
    axes.tick_params(axis="y", labelsize=size, length=0, pad=2)
    axes.set_xlabel("filter (output channel)", fontsize=TEXT)
    axes.set_ylabel("input channel", fontsize=TEXT)
    axes.spines[:].set_visible(False)
