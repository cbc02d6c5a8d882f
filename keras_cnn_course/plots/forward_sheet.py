"""One image on its way through a network: one row per layer with all channels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from keras_cnn_course.plots.fonts import drawable_names
from keras_cnn_course.plots.matrix import contrast_color, fit_numbers, print_numbers
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import IMAGE, MUTED, OKABE_ITO, SMALL, TEXT, TITLE, UNSIGNED, new_figure, wrap_text
from keras_cnn_course.plots.tiles import Scale, signed_scale

__all__ = ["SheetLayer", "plot_forward_sheet"]

_MAX_CHANNELS, _MAX_UNITS, _FEW_UNITS = 128, 1024, 20
# Inches.
_MARGIN, _LABEL, _PICTURE, _BAR, _GAP, _ROW_GAP = 0.2, 1.85, 7.4, 0.9, 0.03, 0.18
_TILE, _LARGEST_TILE, _UNIT, _LARGE, _HEAD = 0.43, 1.5, 0.115, 0.5, 0.16
_TALLEST = 20.0
_LEAST_ROW = 0.62  # the label has three lines


@dataclass(frozen=True, eq=False)
class SheetLayer:
    """One layer of a forward sheet.

    Args:
        name: for the label.
        values: its output for the image, `(height, width, channels)` or `(units,)`.
        is_rectified: whether this is the output of a ReLU; then channels that are 0 everywhere are crossed out.
        is_softmax: whether this is the output of a softmax; then the units of the layer before it are the classes, too.
    """

    name: str
    values: np.ndarray
    is_rectified: bool = False
    is_softmax: bool = False

    @property
    def silent(self) -> np.ndarray:
        """Which channels, or units, are 0 everywhere after a ReLU, bool `(channels,)`."""
        is_zero = np.asarray(self.values == 0).all(axis=tuple(range(self.values.ndim - 1)))
        return np.asarray(is_zero & self.is_rectified)


@dataclass(frozen=True)
class _Row:
    """The row of one layer.

    Args:
        label: lines to the left of the panes.
        panes: images side by side, `(n, height, width)`, or one in color,
            `(1, height, width, 3)` from 0 to 1. Many units of a dense layer are one image.
        side: longer side of a pane in inches.
        scale: of all panes.
        silent: which panes are crossed out.
        texts: written into the cells of few units.
        heads: written above the panes.
    """

    label: tuple[str, ...]
    panes: np.ndarray
    side: float
    scale: Scale
    silent: np.ndarray
    texts: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()

    @property
    def step(self) -> tuple[float, float]:
        """Inches from one pane to the next, across and down."""
        height, width = self.panes.shape[1:3]
        longest = max(height, width)
        return self.side * width / longest + _GAP, self.side * height / longest + _GAP

    @property
    def columns(self) -> int:
        """Number of panes side by side."""
        return max(1, min(len(self.panes), int((_PICTURE + _GAP) / self.step[0])))

    @property
    def inches(self) -> float:
        """Height of the row."""
        return max(math.ceil(len(self.panes) / self.columns) * self.step[1], _LEAST_ROW) + bool(self.heads) * _HEAD


def plot_forward_sheet(
    image: np.ndarray,
    layers: Sequence[SheetLayer],
    *,
    name: str,
    class_names: tuple[str, ...] = (),
    channel_names: tuple[str, ...] = (),
    brightest: float = 255,
) -> Picture:
    """Draw an image and the output of every layer for it, each row on its own scale.

    Numbers are printed where a pixel has room for them.

    Args:
        image: `(height, width, channels)`, from 0 to `brightest`.
        layers: from the image to the answer.
        name: for the title.
        class_names: of the last layer's units.
        channel_names: of the layers' channels, if all layers have the same.
        brightest: end of the image's scale.
    """
    names = drawable_names(class_names)
    gives_classes = [all(later.is_softmax for later in layers[place + 1 :]) for place in range(len(layers))]
    for most in (_MAX_CHANNELS, 64, 32, 16):
        rows = [_image_row(image, brightest)]
        for layer, is_answer in zip(layers, gives_classes, strict=True):
            rows.append(_layer_row(layer, names if is_answer else (), most=most))
        if sum(row.inches + _ROW_GAP for row in rows) <= _TALLEST:
            break
    if channel_names:
        rows[1] = replace(rows[1], heads=channel_names)
    width = 2 * _MARGIN + _LABEL + _PICTURE + _BAR
    note = wrap_text(
        "Each row has its own color scale. A crossed-out channel is silent: 0 everywhere after ReLU on this image.",
        inches=width - 2 * _MARGIN,
        size=TEXT,
    )
    top = _MARGIN + 0.4 + 0.17 * (note.count("\n") + 1)
    height = top + sum(row.inches + _ROW_GAP for row in rows) + _MARGIN
    figure = new_figure(width, height, constrained=False)
    plain: dict[str, Any] = {"va": "top", "parse_math": False}
    figure.text(_MARGIN / width, 1 - _MARGIN / height, f"{name}, layer by layer", fontsize=TITLE, **plain)
    figure.text(_MARGIN / width, 1 - (_MARGIN + 0.26) / height, note, fontsize=TEXT, color=MUTED, **plain)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for row in rows:
        _draw_row(figure, axes, row, top=top)
        top += row.inches + _ROW_GAP
    # imshow narrows the view to its own image: open it to the whole sheet again, one inch per unit, y downwards.
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="auto")
    return Picture(figure, _describe(layers, class_names, channel_names, name=name))


def _image_row(image: np.ndarray, brightest: float) -> _Row:
    if image.shape[-1] == 3:
        panes = np.clip(image.astype(np.float32) / brightest, 0, 1)[np.newaxis]
    else:
        panes = np.moveaxis(image.astype(np.float32), -1, 0)
    label = ("image", _times(image.shape))
    scale = Scale(0, brightest, IMAGE, "")
    return _Row(label, panes, _choose_side(panes), scale, np.zeros(len(panes), bool))


def _layer_row(layer: SheetLayer, unit_names: tuple[str, ...], *, most: int) -> _Row:
    values, silent = layer.values, layer.silent
    scale = signed_scale(values, "") if (values < 0).any() else Scale(0, float(values.max()) or 1.0, UNSIGNED, "")
    label = [layer.name, _times(values.shape)]
    if layer.is_rectified:
        zeros = f"{np.mean(values == 0):.0%} of the numbers are 0"
        label.append(f"{zeros},\n{int(silent.sum())} of {len(silent)} silent" if values.ndim == 3 else zeros)
    if values.ndim == 1:
        return _unit_row(values, tuple(label), unit_names, scale)
    panes = np.moveaxis(values, -1, 0)[:most]
    if len(panes) < values.shape[-1]:
        label.append(f"the first {len(panes)} shown")
    return _Row(tuple(label), panes, _choose_side(panes), scale, silent[: len(panes)])


def _choose_side(panes: np.ndarray) -> float:
    """Return the longer side of a pane in inches: a few panes are large, and many are small, as are those of 1x1."""
    fits = _PICTURE / len(panes) - _GAP
    return max(_TILE, min(fits, _LARGEST_TILE, 0.75 * max(panes.shape[1:3])))


def _unit_row(values: np.ndarray, label: tuple[str, ...], unit_names: tuple[str, ...], scale: Scale) -> _Row:
    """Return the row of a dense layer: few units as cells with their numbers, many as one image of cells."""
    if len(values) <= _FEW_UNITS:
        names = unit_names if len(unit_names) == len(values) else [f"#{unit}" for unit in range(len(values))]
        texts = tuple(f"{name[:7]}\n{_short(value)}" for name, value in zip(names, values, strict=True))
        return _Row(label, values.reshape(-1, 1, 1), _LARGE, scale, np.zeros(len(values), bool), texts)
    shown = values[:_MAX_UNITS]
    if len(shown) < len(values):
        label = (*label, f"the first {len(shown)} shown")
    columns = min(len(shown), int(_PICTURE / _UNIT))
    lines = math.ceil(len(shown) / columns)
    cells = np.full(lines * columns, np.nan, dtype=np.float32)
    cells[: len(shown)] = shown
    return _Row(label, cells.reshape(1, lines, columns), _UNIT * columns, scale, np.zeros(1, bool))


def _draw_row(figure: Figure, axes: Axes, row: _Row, *, top: float) -> None:
    name, *more = row.label
    plain: dict[str, Any] = {"va": "top", "parse_math": False}
    axes.text(_MARGIN, top, name, fontsize=TEXT, fontweight="bold", **plain)
    axes.text(_MARGIN, top + 0.16, "\n".join(more), fontsize=SMALL, color=MUTED, **plain)
    across, down = row.step
    cell = (across - _GAP) / row.panes.shape[2]
    in_color = row.panes.ndim == 4
    size = 0.0 if in_color else fit_numbers(np.ma.masked_invalid(row.panes), cell=cell)
    for index, pane in enumerate(row.panes):
        left = _MARGIN + _LABEL + index % row.columns * across
        upper = top + bool(row.heads) * _HEAD + index // row.columns * down
        if row.heads:
            axes.text(left, top, row.heads[index], fontsize=SMALL, **plain)
        extent = (left, left + across - _GAP, upper + down - _GAP, upper)
        image = axes.imshow(
            pane, extent=extent, interpolation="none", vmin=row.scale.low, vmax=row.scale.high, cmap=row.scale.colors
        )
        if row.texts:
            _write(axes, image, row.texts[index], float(pane[0, 0]))
        elif not in_color:
            print_numbers(axes, image, np.ma.masked_invalid(pane), size=size, corner=(left, upper), unit=cell)
        if row.silent[index]:
            _cross_out(axes, extent)
    if not in_color:
        _draw_bar(figure, row, top=top)


def _cross_out(axes: Axes, extent: tuple[float, float, float, float]) -> None:
    left, right, bottom, top = extent
    for start, end in ((top, bottom), (bottom, top)):
        axes.plot([left, right], [start, end], color=OKABE_ITO[1], linewidth=1.0)


def _write(axes: Axes, image: AxesImage, text: str, value: float) -> None:
    """Write a text on an image of one pixel with a value."""
    left, right, bottom, top = image.get_extent()
    color = contrast_color(image, value)
    place = ((left + right) / 2, (bottom + top) / 2)
    axes.text(*place, text, fontsize=SMALL, color=color, ha="center", va="center", parse_math=False)


def _draw_bar(figure: Figure, row: _Row, *, top: float) -> None:
    width, height = figure.get_size_inches()
    length = min(row.inches, 0.9)
    box = ((width - _BAR + 0.1) / width, 1 - (top + length) / height, 0.1 / width, length / height)
    bar = figure.colorbar(
        ScalarMappable(Normalize(row.scale.low, row.scale.high), row.scale.colors), cax=figure.add_axes(box)
    )
    bar.set_ticks([row.scale.low, row.scale.high], labels=[f"{row.scale.low:.3g}", f"{row.scale.high:.3g}"])
    bar.ax.tick_params(labelsize=SMALL, length=2)


def _describe(
    layers: Sequence[SheetLayer], class_names: tuple[str, ...], channel_names: tuple[str, ...], *, name: str
) -> str:
    answer = layers[-1].values
    end = layers[-1].name
    if answer.ndim == 1:
        best = int(answer.argmax())
        called = class_names[best] if len(answer) == len(class_names) else f"unit {best}"
        end = f"the answer {called} with {answer[best]:.3g}"
    silent = []
    for layer in layers:
        if layer.is_rectified and layer.values.ndim == 3:
            names = [channel_names[index] for index in np.flatnonzero(layer.silent)] if channel_names else []
            listed = f" ({', '.join(names)})" if names else ""
            silent.append(f"{int(layer.silent.sum())} of the {len(layer.silent)} channels of {layer.name}{listed}")
    said = f" Silent on this image: {', '.join(silent)}." if silent else ""
    return f"{name}: the outputs of {len(layers)} layers, one row per layer, from the image to {end}.{said}"


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(f"{size:,}" for size in shape)
