"""Picture 6: one image on its way through a network, a row a layer, every channel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from keras_cnn_course.models.outputs import LayerOutput
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SMALL, TEXT, TITLE, UNSIGNED, new_figure, wrap_text
from keras_cnn_course.plots.tiles import Scale, signed_scale

__all__ = ["plot_forward_sheet"]

_MAX_CHANNELS, _MAX_UNITS, _FEW_UNITS = 128, 1024, 20
# Inches.
_MARGIN, _LABEL, _PICTURE, _BAR, _GAP, _ROW_GAP = 0.2, 1.85, 7.4, 0.9, 0.03, 0.18
_TILE, _UNIT, _LARGE = 0.43, 0.115, 0.5
_LEAST_ROW = 0.62  # the label has three lines


@dataclass(frozen=True)
class _Row:
    """One layer's row.

    Args:
        label: lines beside the pictures.
        panes: pictures side by side, `(n, height, width)`; the units of a dense layer are one picture.
        side: inches of the longer side of a pane.
        scale: of all of them.
        silent: which panes are crossed out.
        texts: what is written into the cells of few units.
    """

    label: tuple[str, ...]
    panes: np.ndarray
    side: float
    scale: Scale
    silent: np.ndarray
    texts: tuple[str, ...] = ()

    @property
    def step(self) -> tuple[float, float]:
        """Inches from one pane to the next, across and down."""
        _, height, width = self.panes.shape
        longest = max(height, width)
        return self.side * width / longest + _GAP, self.side * height / longest + _GAP

    @property
    def columns(self) -> int:
        """Panes side by side."""
        return max(1, min(len(self.panes), int((_PICTURE + _GAP) / self.step[0])))

    @property
    def inches(self) -> float:
        """Height of the row."""
        return max(math.ceil(len(self.panes) / self.columns) * self.step[1], _LEAST_ROW)


def plot_forward_sheet(
    image: np.ndarray, outputs: Sequence[LayerOutput], class_names: tuple[str, ...], *, name: str
) -> Picture:
    """Draw the image and every layer's output, before and after its activation, each row on a scale of its own.

    Args:
        image: `(height, width, channels)` from 0 to 255.
        outputs: of the model for this image, the first of each batch is drawn.
        class_names: of the last layer's units.
        name: of the run and the image, for the title.
    """
    shown = [output for output in outputs if output.changes_numbers and output.values.ndim in (2, 4)]
    rows = [_image_row(image), *(_layer_row(output, class_names) for output in shown)]
    width = 2 * _MARGIN + _LABEL + _PICTURE + _BAR
    note = wrap_text(
        "Every row has its own colour scale. Crossed out: a channel that is silent on this image, 0 everywhere after "
        "ReLU. Layers that leave all numbers as they are, such as Flatten, are left out.",
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
    # imshow narrows the view to its own image: open it to the whole sheet again, an inch a unit, y downwards.
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="auto")
    return Picture(figure, _describe(outputs, class_names, name=name))


def _image_row(image: np.ndarray) -> _Row:
    panes = np.moveaxis(image.astype(np.float32) / 255, -1, 0)
    label = ("image", f"{_times(image.shape)}, from 0 to 1")
    return _Row(label, panes, 2 * _TILE, Scale(0, 1, UNSIGNED, ""), np.zeros(len(panes), bool))


def _layer_row(output: LayerOutput, class_names: tuple[str, ...]) -> _Row:
    values = output.values[0]
    scale = signed_scale(values, "") if (values < 0).any() else Scale(0, float(values.max()) or 1.0, UNSIGNED, "")
    silent = output.silent_channels() if output.is_rectified else np.zeros(values.shape[-1], bool)
    label = [output.name, _times(values.shape)]
    if output.is_rectified:
        zeros = f"{np.mean(values == 0):.0%} of the numbers are 0"
        label.append(f"{zeros},\n{int(silent.sum())} of {len(silent)} silent" if values.ndim == 3 else zeros)
    if values.ndim == 1:
        return _unit_row(values, tuple(label), class_names, scale)
    panes = np.moveaxis(values, -1, 0)[:_MAX_CHANNELS]
    if len(panes) < values.shape[-1]:
        label.append(f"the first {len(panes)} shown")
    return _Row(tuple(label), panes, _TILE, scale, silent[: len(panes)])


def _unit_row(values: np.ndarray, label: tuple[str, ...], class_names: tuple[str, ...], scale: Scale) -> _Row:
    """Return a dense layer's row: few units as cells with their numbers, many as one picture of cells."""
    if len(values) <= _FEW_UNITS:
        names = class_names if len(class_names) == len(values) else [f"#{unit}" for unit in range(len(values))]
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
    for index, pane in enumerate(row.panes):
        left = _MARGIN + _LABEL + index % row.columns * across
        _draw_pane(axes, row, pane, corner=(left, top + index // row.columns * down))
        box = (left, left + across - _GAP, top + index // row.columns * down, down - _GAP)
        if row.silent[index]:
            _cross_out(axes, box)
        if row.texts:
            _write(axes, row, index, box)
    _draw_bar(figure, row, top=top)


def _draw_pane(axes: Axes, row: _Row, pane: np.ndarray, *, corner: tuple[float, float]) -> None:
    (left, top), (across, down), scale = corner, row.step, row.scale
    extent = (left, left + across - _GAP, top + down - _GAP, top)
    axes.imshow(pane, extent=extent, interpolation="none", vmin=scale.low, vmax=scale.high, cmap=scale.colours)


def _cross_out(axes: Axes, box: tuple[float, float, float, float]) -> None:
    left, right, top, height = box
    for start, end in ((top, top + height), (top + height, top)):
        axes.plot([left, right], [start, end], color=OKABE_ITO[1], linewidth=1.0)


def _write(axes: Axes, row: _Row, index: int, box: tuple[float, float, float, float]) -> None:
    left, right, top, height = box
    share = Normalize(row.scale.low, row.scale.high)(float(row.panes[index, 0, 0]))
    red, green, blue, _ = matplotlib.colormaps[row.scale.colours](share)
    colour = "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else "black"
    place = ((left + right) / 2, top + height / 2)
    text = row.texts[index]
    axes.text(*place, text, fontsize=SMALL, color=colour, ha="center", va="center", parse_math=False)


def _draw_bar(figure: Figure, row: _Row, *, top: float) -> None:
    width, height = figure.get_size_inches()
    length = min(row.inches, 0.9)
    box = ((width - _BAR + 0.1) / width, 1 - (top + length) / height, 0.1 / width, length / height)
    bar = figure.colorbar(
        ScalarMappable(Normalize(row.scale.low, row.scale.high), row.scale.colours), cax=figure.add_axes(box)
    )
    bar.set_ticks([row.scale.low, row.scale.high], labels=[f"{row.scale.low:.3g}", f"{row.scale.high:.3g}"])
    bar.ax.tick_params(labelsize=SMALL, length=2)


def _describe(outputs: Sequence[LayerOutput], class_names: tuple[str, ...], *, name: str) -> str:
    answer = outputs[-1].values[0].reshape(-1)
    best = int(answer.argmax())
    called = class_names[best] if len(answer) == len(class_names) else f"unit {best}"
    silent = [
        f"{int(output.silent_channels().sum())} of the {output.values.shape[-1]} channels of {output.name}"
        for output in outputs
        if output.is_rectified and output.values.ndim == 4
    ]
    said = f" Silent on this image: {', '.join(silent)}." if silent else ""
    return (
        f"{name} layer by layer, a row a layer, in {len(outputs)} steps from the image to the answer {called} with "
        f"{answer[best]:.3g}.{said}"
    )


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(f"{size:,}" for size in shape)
