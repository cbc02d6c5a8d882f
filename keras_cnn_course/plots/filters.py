"""Learned weights as pictures: the kernels of a convolution, and the weights of a dense layer on pixels."""

import numpy as np

from keras_cnn_course.models.kernels import ConvolutionKernels, PixelWeights
from keras_cnn_course.plots.filter_matrix import plot_filter_matrix
from keras_cnn_course.plots.fonts import drawable_names
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.tiles import Scale, Sheet, Tile, draw_tiles, signed_scale

__all__ = ["plot_filter_tiles", "plot_kernels", "plot_pixel_weights"]

_MAX_KERNELS, _MAX_UNITS, _MAX_CHANNELS = 256, 64, 4
_SMALL_SIDE = 0.5
_CAPTION_LINE, _SPACE = 0.135, 0.2


def plot_kernels(kernels: ConvolutionKernels, *, run_name: str, initial: np.ndarray | None = None) -> Picture:
    """Draw the kernels of a layer as tiles, or as a matrix if they have more than four channels.

    Args:
        run_name: for the title.
        initial: the kernels before training, of the same shape. On tiles they are drawn beside the trained ones.
    """
    if kernels.kernel.shape[2] > _MAX_CHANNELS:
        return plot_filter_matrix(kernels, run_name=run_name)
    return plot_filter_tiles(kernels, run_name=run_name, initial=initial)


def plot_filter_tiles(kernels: ConvolutionKernels, *, run_name: str, initial: np.ndarray | None = None) -> Picture:
    """Draw one tile per kernel, its channels side by side, the initial kernel to the left of the trained one.

    All tiles share one scale, so that a weak kernel looks weak. Below each are its index, its L2 norm and its bias.

    Args:
        kernels: kernel `(height, width, channels, filters)`; the first 256 filters are drawn.
        run_name: for the title.
        initial: the kernels before training, of the same shape. None: only the trained ones are drawn.
    """
    height, width, channels, filters = kernels.kernel.shape
    norms = np.sqrt(np.square(kernels.kernel).sum(axis=(0, 1, 2)))
    stages = [kernels.kernel] if initial is None else [initial, kernels.kernel]
    in_color = kernels.reads_image and channels == 3
    scale = signed_scale(np.stack(stages), "weight")
    panes = len(stages) * (1 if in_color else channels)
    columns, shown, side = _lay_out(min(filters, _MAX_KERNELS), panes, lines=1 + (kernels.bias is not None))
    tiles = [
        Tile(
            tuple(pane for stage in stages for pane in _panes(stage[..., index], scale, in_color=in_color)),
            (_norm_line(stages, index), *_bias_line(kernels.bias, index)),
        )
        for index in range(shown)
    ]
    parts = "" if len(tiles) == filters else f", the first {len(tiles)} shown"
    beside = "" if initial is None else " Left of each pair: before training. Right: after it."
    channel_note = _color_note(scale) if in_color else _channel_note(channels)
    sheet = Sheet(
        title=f"{run_name}: {kernels.layer}, {filters} kernels of {height}x{width}x{channels}{parts}",
        note=f"One color scale for the layer.{beside} ‖w‖ is the L2 norm{_bias_note(kernels.bias)}.{channel_note}",
        columns=columns,
        side=side,
    )
    strongest = int(norms.argmax())
    alt = (
        f"The {filters} learned kernels of {kernels.layer} in {run_name}, {height}x{width}x{channels} each, with "
        f"weights from {kernels.kernel.min():.2f} to {kernels.kernel.max():.2f}. Kernel {strongest} has the largest "
        f"norm, {norms[strongest]:.2f}.{_change_note(stages)}"
    )
    return Picture(draw_tiles(tiles, sheet, None if in_color else scale), alt)


def plot_pixel_weights(weights: PixelWeights, *, run_name: str, class_names: tuple[str, ...] = ()) -> Picture:
    """Draw the weights of a dense layer on pixels, one image per unit: where ink activates the unit, and where not.

    Args:
        weights: images `(units, height, width, channels)`. At most the 64 units with the largest norms are drawn.
        run_name: for the title.
        class_names: names of the units if they are the classes; then all are drawn in order.
    """
    units, height, width, channels = weights.images.shape
    norms = np.sqrt(np.square(weights.images).sum(axis=(1, 2, 3)))
    order = np.argsort(-norms, kind="stable") if units > _MAX_UNITS or not class_names else np.arange(units)
    in_color = channels == 3
    class_names = drawable_names(class_names)
    lines = 1 + bool(class_names) + (weights.bias is not None)
    columns, shown, side = _lay_out(min(units, _MAX_UNITS), 1 if in_color else channels, lines=lines, few=10)
    scale = signed_scale(weights.images[order[:shown]], "weight")
    tiles = [
        Tile(
            _panes(weights.images[index], scale, in_color=in_color),
            (
                *([f"class {class_names[index][:16]}"] if class_names else []),
                f"#{index}  ‖w‖ {norms[index]:.2f}",
                *_bias_line(weights.bias, index),
            ),
        )
        for index in order[:shown]
    ]
    parts = f"{len(tiles)} of {units} units shown, largest norms first" if not class_names else f"{units} classes"
    meaning = (
        _color_note(scale).strip()
        if in_color
        else "Ink on blue pixels activates the unit, ink on red pixels inhibits it. One color scale for all."
    )
    sheet = Sheet(
        title=f"{run_name}: {weights.layer}, weights of {height}x{width}x{channels} per unit, {parts}",
        note=f"{meaning} ‖w‖ is the L2 norm{_bias_note(weights.bias)}.{'' if in_color else _channel_note(channels)}",
        columns=columns,
        side=side,
    )
    parts_read = f"all {units} units" if len(tiles) == units else f"{len(tiles)} of the {units} units"
    alt = (
        f"The weights of {parts_read} of {weights.layer} in {run_name} as images of "
        f"{height}x{width}x{channels}, from {weights.images.min():.2f} to {weights.images.max():.2f}. "
        f"Unit {int(norms.argmax())} has the largest norm, {norms.max():.2f}."
    )
    return Picture(draw_tiles(tiles, sheet, None if in_color else scale), alt)


def _lay_out(count: int, panes: int, *, lines: int, few: int = 0) -> tuple[int, int, float]:
    """Return how many tiles fit side by side, how many are drawn, and the side of a pane, for a picture of a page.

    Args:
        count: tiles to draw.
        panes: per tile.
        lines: of each caption.
        few: up to this number, tiles are larger.
    """
    side = 1.1 if count <= few else _SMALL_SIDE if panes > 2 else 0.85 if count <= 64 else 0.7
    across = panes * (side + 0.05) + _SPACE
    down = side + lines * _CAPTION_LINE + _SPACE
    wanted = 5 if count <= few else (8 if count <= 64 else 16) // min(panes, 2)
    widest, tallest = (11.0, 15.0) if count <= 64 else (15.4, 19.0)
    columns = max(1, min(wanted if panes <= 2 else count, int(widest / across)))
    return columns, min(count, columns * int(tallest / down)), side


def _panes(weights: np.ndarray, scale: Scale, *, in_color: bool) -> tuple[np.ndarray, ...]:
    """Return the channels of a kernel `(height, width, channels)` as one image in color, or one per channel."""
    if not in_color:
        return tuple(weights[..., channel] for channel in range(weights.shape[2]))
    return (np.round(255 * (0.5 + weights / (2 * scale.high))).astype(np.uint8),)


def _color_note(scale: Scale) -> str:
    return (
        f" In color: gray is 0, a channel of red, green or blue is brightest at {scale.high:.3g} and darkest at "
        f"{scale.low:.3g}."
    )


def _norm_line(stages: list[np.ndarray], index: int) -> str:
    """Return a filter's index and its L2 norm, before and after training."""
    return f"#{index}  ‖w‖ " + " → ".join(f"{np.sqrt(np.square(stage[..., index]).sum()):.2f}" for stage in stages)


def _change_note(stages: list[np.ndarray]) -> str:
    """Return which kernel changed most during training, if the initial ones are known."""
    if len(stages) == 1:
        return ""
    moved = np.sqrt(np.square(stages[1] - stages[0]).sum(axis=(0, 1, 2)))
    return f" Beside each are its initial weights; training changed kernel {int(moved.argmax())} most."


def _bias_line(bias: np.ndarray | None, index: int) -> tuple[str, ...]:
    return () if bias is None else (f"b {bias[index]:+.3f}",)


def _bias_note(bias: np.ndarray | None) -> str:
    return "; the layer has no bias" if bias is None else ", b the bias"


def _channel_note(channels: int) -> str:
    if channels == 1:
        return ""
    return f" Channels from left to right: 0 to {channels - 1}."
