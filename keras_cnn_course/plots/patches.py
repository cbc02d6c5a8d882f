"""The strongest patches of each filter: the parts of real images that activate it most."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from keras_cnn_course.models.kernels import ConvolutionKernels
from keras_cnn_course.models.patches import FilterPatches, LayerPatches, Patch
from keras_cnn_course.plots.fonts import drawable_names
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import IMAGE, MUTED, SIGNED, SMALL, TEXT, TITLE, new_figure, wrap_text

__all__ = ["plot_patches"]

_MAX_FILTERS, _MAX_KERNEL_CHANNELS = 40, 1
_SIDE, _GAP, _LABEL, _LINE, _MARGIN, _BAR = 0.5, 0.07, 0.36, 0.3, 0.2, 0.9


@dataclass(frozen=True)
class _Drawing:
    """Values that every row of the picture needs: axes in inches, the kernels if shown, class names."""

    axes: Axes
    kernels: np.ndarray | None
    class_names: tuple[str, ...]
    pane: tuple[float, float]


def plot_patches(
    layer: LayerPatches, kernels: ConvolutionKernels, class_names: tuple[str, ...], *, run_name: str
) -> Picture:
    """Draw the strongest patches of each filter with their labels and activations, two filters per line.

    On images with one channel the filter's kernel comes first, signed, on one scale for the layer.

    Args:
        layer: at most its first 40 filters are drawn.
        kernels: of the same layer.
        class_names: one per class.
        run_name: for the title.
    """
    shown = layer.filters[:_MAX_FILTERS]
    height, width = layer.field
    pane = (_SIDE * width / max(height, width), _SIDE * height / max(height, width))
    kernel = kernels.kernel[:, :, 0, :] if kernels.kernel.shape[2] <= _MAX_KERNEL_CHANNELS else None
    count = len(shown[0].patches) + (kernel is not None)
    step = (_LABEL + count * (pane[0] + _GAP) + 0.2, pane[1] + _LINE)
    columns = min(2, len(shown))
    lines = math.ceil(len(shown) / columns)
    size = (2 * _MARGIN + columns * step[0] + _BAR, _MARGIN + lines * step[1])
    figure, axes, bars = _lay_out(*_heading(layer, kernel is not None, run_name=run_name), size=size)
    drawing = _Drawing(axes, kernel, drawable_names(class_names), pane)
    for number, patches in enumerate(shown):
        corner = (number % columns * step[0], number // columns * step[1])
        _draw_filter(drawing, patches, corner)
    # imshow narrows the view to its own image: open it to the whole axes again, one inch per unit.
    box = axes.get_window_extent()
    axes.set(xlim=(0, box.width / figure.dpi), ylim=(box.height / figure.dpi, 0), aspect="equal")
    _draw_bars(figure, bars, kernel)
    return Picture(figure, _describe(layer, class_names, run_name=run_name))


def _heading(layer: LayerPatches, with_kernel: bool, *, run_name: str) -> tuple[str, str]:
    """Return the title and the note."""
    height, width = layer.field
    filters = len(layer.filters)
    parts = "" if filters <= _MAX_FILTERS else f", the first {_MAX_FILTERS} of {filters} filters shown"
    title = f"{run_name}: strongest patches of {layer.layer}, {height}x{width} pixels, its receptive field{parts}"
    found = (
        f"{len(layer.filters[0].patches)} strongest patches in {layer.searched:,} test images, at most one per image."
    )
    start = (
        f"Each filter's kernel, on one color scale for the layer, then its {found}" if with_kernel else f"The {found}"
    )
    note = (
        f"{start} "
        "Below each: the class of the image and the output of the filter before ReLU. Pixels have one scale, 0 to 255."
    )
    channels = layer.filters[0].patches[0].pixels.shape[2]
    if channels not in (1, 3):
        note += f" Only the first of the {channels} channels is drawn."
    return title, note


def _lay_out(title: str, note: str, *, size: tuple[float, float]) -> tuple[Figure, Axes, list[Axes]]:
    """Return a figure, axes whose unit is one inch, y downwards, and two axes for color bars beside them."""
    width = max(size[0], 6.4)
    title = wrap_text(title, inches=width - 2 * _MARGIN, size=TITLE)
    note = wrap_text(note, inches=width - 2 * _MARGIN, size=TEXT)
    top = _MARGIN + 0.2 * (title.count("\n") + 1) + 0.165 * (note.count("\n") + 1) + 0.2
    height = top + max(size[1], 1.9)
    figure = new_figure(width, height, constrained=False)
    plain: dict[str, Any] = {"va": "top", "ha": "left", "parse_math": False}
    figure.text(_MARGIN / width, 1 - _MARGIN / height, title, fontsize=TITLE, **plain)
    below = _MARGIN + 0.2 * (title.count("\n") + 1) + 0.04
    figure.text(_MARGIN / width, 1 - below / height, note, fontsize=TEXT, color=MUTED, **plain)
    inner = size[0] - _BAR - 2 * _MARGIN
    axes = figure.add_axes((_MARGIN / width, 0, inner / width, 1 - top / height))
    axes.set_axis_off()
    left, length = size[0] - _BAR, min(1.6, 0.42 * (height - top))
    bars = [
        figure.add_axes((left / width, 1 - (top + start + length) / height, 0.12 / width, length / height))
        for start in (0.0, length + 0.2)
    ]
    return figure, axes, bars


def _draw_filter(drawing: _Drawing, patches: FilterPatches, corner: tuple[float, float]) -> None:
    axes, (x, y) = drawing.axes, corner
    label = f"#{patches.index}" + ("\ndead" if patches.is_dead else "")
    axes.text(x, y + drawing.pane[1] / 2, label, fontsize=SMALL + 0.5, va="center")
    x += _LABEL
    if drawing.kernels is not None:
        limit = _limit(drawing.kernels)
        pixels = drawing.kernels[:, :, patches.index]
        _draw_pane(drawing, pixels, (x, y), {"cmap": SIGNED, "vmin": -limit, "vmax": limit})
        x += drawing.pane[0] + 2 * _GAP
    for patch in patches.patches:
        _draw_patch(drawing, patch, (x, y))
        x += drawing.pane[0] + _GAP


def _draw_patch(drawing: _Drawing, patch: Patch, corner: tuple[float, float]) -> None:
    if patch.pixels.shape[2] == 3:
        _draw_pane(drawing, np.clip(np.round(patch.pixels), 0, 255).astype(np.uint8), corner, {})
    else:
        _draw_pane(drawing, patch.pixels[..., 0], corner, {"cmap": IMAGE, "vmin": 0, "vmax": 255})
    name = drawing.class_names[patch.label]
    caption = f"{name if len(name) <= 8 else name[:7] + '…'}\n{patch.activation:.2f}"
    place = (corner[0] + drawing.pane[0] / 2, corner[1] + drawing.pane[1] + 0.02)
    drawing.axes.text(*place, caption, fontsize=SMALL - 1, va="top", ha="center", linespacing=1.0, parse_math=False)


def _draw_pane(drawing: _Drawing, pixels: np.ndarray, corner: tuple[float, float], colors: dict[str, Any]) -> None:
    (x, y), (width, height) = corner, drawing.pane
    drawing.axes.imshow(pixels, extent=(x, x + width, y + height, y), interpolation="none", **colors)
    frame = Rectangle(corner, width, height, fill=False, edgecolor="#B0B0B0", linewidth=0.5, clip_on=False)
    drawing.axes.add_patch(frame)


def _limit(kernels: np.ndarray) -> float:
    return float(np.abs(kernels).max()) or 1.0


def _draw_bars(figure: Figure, bars: list[Axes], kernel: np.ndarray | None) -> None:
    """Draw the scale of the pixels, and that of the kernels if they are shown."""
    scales = [(Normalize(0, 255), IMAGE, "pixel")]
    if kernel is not None:
        scales.append((Normalize(-_limit(kernel), _limit(kernel)), SIGNED, "weight"))
    for axes in bars[len(scales) :]:
        axes.remove()
    for axes, (norm, colors, label) in zip(bars, scales, strict=False):
        bar = figure.colorbar(ScalarMappable(norm, colors), cax=axes)
        bar.set_label(label, fontsize=SMALL)
        bar.ax.tick_params(labelsize=SMALL)


def _describe(layer: LayerPatches, class_names: tuple[str, ...], *, run_name: str) -> str:
    strongest = max(layer.filters, key=lambda patches: patches.patches[0].activation)
    best = strongest.patches[0]
    dead = sum(patches.is_dead for patches in layer.filters)
    silent = f" {dead} of the filters are dead: no patch activates them." if dead else ""
    return (
        f"The strongest test patches of the {len(layer.filters)} filters of {layer.layer} in {run_name}, "
        f"{layer.field[0]}x{layer.field[1]} pixels each, from {layer.searched:,} images. The largest "
        f"activation is {best.activation:.2f}, of filter {strongest.index} on an image of class "
        f"{class_names[best.label]}.{silent}"
    )
