"""Learned weights as pictures: kernels of a convolution, and dense weights that sit on pixels."""

import numpy as np

from keras_cnn_course.models.kernels import ConvolutionKernels, PixelWeights
from keras_cnn_course.plots.filter_matrix import plot_filter_matrix
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.tiles import Sheet, Tile, draw_tiles, signed_scale

__all__ = ["plot_filter_tiles", "plot_kernels", "plot_pixel_weights"]

_MAX_KERNELS, _MAX_UNITS, _MAX_CHANNELS = 256, 64, 4


def plot_kernels(kernels: ConvolutionKernels, *, run_name: str, initial: np.ndarray | None = None) -> Picture:
    """Draw the kernels of a layer as tiles, or as a matrix where they have more than four channels.

    Args:
        kernels: of the layer.
        run_name: for the title.
        initial: the kernels before training, of the same shape, drawn beside the trained ones where they are tiles.
    """
    if kernels.kernel.shape[2] > _MAX_CHANNELS:
        return plot_filter_matrix(kernels, run_name=run_name)
    return plot_filter_tiles(kernels, run_name=run_name, initial=initial)


def plot_filter_tiles(kernels: ConvolutionKernels, *, run_name: str, initial: np.ndarray | None = None) -> Picture:
    """Draw every kernel of a layer as a tile, its channels side by side, the initial kernel before the trained one.

    All tiles share one scale, so that a weak kernel looks weak; under each stand its index, its L2 norm and its bias.

    Args:
        kernels: kernel `(height, width, channels, filters)`; the first 256 filters are drawn.
        run_name: for the title.
        initial: the kernels before training, of the same shape; only the trained ones are drawn when None.
    """
    height, width, channels, filters = kernels.kernel.shape
    norms = np.sqrt(np.square(kernels.kernel).sum(axis=(0, 1, 2)))
    stages = [kernels.kernel] if initial is None else [initial, kernels.kernel]
    tiles = [
        Tile(
            tuple(stage[:, :, channel, index] for stage in stages for channel in range(channels)),
            (_norm_line(stages, index), *_bias_line(kernels.bias, index)),
        )
        for index in range(min(filters, _MAX_KERNELS))
    ]
    parts = "" if len(tiles) == filters else f", the first {len(tiles)} shown"
    beside = "" if initial is None else " In each pair left before training, right after it."
    sheet = Sheet(
        title=f"{run_name}: {kernels.layer}, {filters} kernels of {height}x{width}x{channels}{parts}",
        note=f"One scale for the layer.{beside} ‖w‖ is the L2 norm{_bias_note(kernels.bias)}.{_channel_note(channels)}",
        columns=max(1, (8 if len(tiles) <= 64 else 16) // (channels * len(stages))),
        side=0.85 if len(tiles) <= 64 else 0.7,
    )
    strongest = int(norms.argmax())
    alt = (
        f"The {filters} learned kernels of {kernels.layer} in {run_name}, {height}x{width}x{channels} each; the "
        f"strongest, number {strongest}, has norm {norms[strongest]:.2f}, and weights reach from "
        f"{kernels.kernel.min():.2f} to {kernels.kernel.max():.2f}{_change_note(stages)}."
    )
    return Picture(draw_tiles(tiles, sheet, signed_scale(np.stack(stages), "weight")), alt)


def plot_pixel_weights(weights: PixelWeights, *, run_name: str, class_names: tuple[str, ...] = ()) -> Picture:
    """Draw the weights of a dense layer on pixels, an image a unit: where ink speaks for the unit, and where against.

    Args:
        weights: images `(units, height, width, channels)`; of many units the 64 with the largest norm are drawn.
        run_name: for the title.
        class_names: names of the units where they are the classes; all are drawn then, in order.
    """
    units, height, width, channels = weights.images.shape
    norms = np.sqrt(np.square(weights.images).sum(axis=(1, 2, 3)))
    order = np.argsort(-norms, kind="stable") if units > _MAX_UNITS or not class_names else np.arange(units)
    tiles = [
        Tile(
            tuple(weights.images[index, :, :, channel] for channel in range(channels)),
            (
                *([f"class {class_names[index][:16]}"] if class_names else []),
                f"#{index}  ‖w‖ {norms[index]:.2f}",
                *_bias_line(weights.bias, index),
            ),
        )
        for index in order[:_MAX_UNITS]
    ]
    parts = f"{len(tiles)} of {units} units shown, the largest norm first" if not class_names else f"{units} classes"
    sheet = Sheet(
        title=f"{run_name}: {weights.layer}, weights of {height}x{width}x{channels} a unit; {parts}",
        note="Blue pixels speak for the unit, red ones against it; one scale for all. "
        f"‖w‖ is the L2 norm{_bias_note(weights.bias)}.{_channel_note(channels)}",
        columns=max(1, (5 if len(tiles) <= 10 else 8) // channels),
        side=1.1 if len(tiles) <= 10 else 0.9,
    )
    parts_read = f"all {units} units" if len(tiles) == units else f"{len(tiles)} of the {units} units"
    alt = (
        f"The weights of {parts_read} of {weights.layer} in {run_name} as images of "
        f"{height}x{width}x{channels}, from {weights.images.min():.2f} to {weights.images.max():.2f}; "
        f"unit {int(norms.argmax())} has the largest norm, {norms.max():.2f}."
    )
    return Picture(draw_tiles(tiles, sheet, signed_scale(weights.images[order[:_MAX_UNITS]], "weight")), alt)


def _norm_line(stages: list[np.ndarray], index: int) -> str:
    """Return a filter's index and its L2 norm, before and after training."""
    return f"#{index}  ‖w‖ " + " → ".join(f"{np.sqrt(np.square(stage[..., index]).sum()):.2f}" for stage in stages)


def _change_note(stages: list[np.ndarray]) -> str:
    """Return how far training moved the kernels, where both are known."""
    if len(stages) == 1:
        return ""
    moved = np.sqrt(np.square(stages[1] - stages[0]).sum(axis=(0, 1, 2)))
    return f"; beside each its initial weights, from which training moved number {int(moved.argmax())} furthest"


def _bias_line(bias: np.ndarray | None, index: int) -> tuple[str, ...]:
    return () if bias is None else (f"b {bias[index]:+.3f}",)


def _bias_note(bias: np.ndarray | None) -> str:
    return "; the layer has no bias" if bias is None else ", b the bias"


def _channel_note(channels: int) -> str:
    if channels == 1:
        return ""
    names = "red, green, blue" if channels == 3 else f"0 to {channels - 1}"
    return f" Channels from left to right: {names}."
