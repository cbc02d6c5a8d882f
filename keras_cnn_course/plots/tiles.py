"""Many small images on one sheet: filters, weights, mistakes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from keras_cnn_course.plots.style import MUTED, SIGNED, SMALL, TEXT, TITLE, new_figure, wrap_text

__all__ = ["Scale", "Sheet", "Tile", "draw_tiles", "signed_scale"]

_GAP, _MARGIN, _PANE_GAP = 0.2, 0.2, 0.05
_LINE, _BAR = 0.135, 1.0


@dataclass(frozen=True)
class Tile:
    """One tile of a sheet.

    Args:
        panes: images of one size, side by side: `(height, width)` numbers, or `(height, width, 3)` uint8 in color.
        caption: lines below them.
    """

    panes: tuple[np.ndarray, ...]
    caption: tuple[str, ...]


@dataclass(frozen=True)
class Scale:
    """A color scale: the numbers at its ends, its color map, and the name of the quantity."""

    low: float
    high: float
    colors: str
    label: str


@dataclass(frozen=True)
class Sheet:
    """The text around the tiles, and their layout.

    Args:
        title: names the tiles, with their shape.
        note: explains their normalization and captions.
        columns: tiles per row.
        side: longer side of a pane in inches.
    """

    title: str
    note: str
    columns: int
    side: float


def signed_scale(values: np.ndarray, label: str) -> Scale:
    """Return a scale that is symmetric about 0 up to the largest magnitude of `values`."""
    limit = float(np.abs(values).max(initial=0.0)) or 1.0
    return Scale(-limit, limit, SIGNED, label)


def draw_tiles(tiles: Sequence[Tile], sheet: Sheet, scale: Scale | None) -> Figure:
    """Draw tiles row by row, all on one scale, with a color bar.

    The sheet is measured in inches and drawn on one axes, which takes a tenth of the time of one axes per tile.

    Args:
        tiles: at least one, all with the same number of panes and caption lines.
        sheet: title, note and layout.
        scale: of every tile. None: the tiles are in color.
    """
    pane = _pane_inches(tiles[0].panes[0], sheet.side)
    panes, lines = len(tiles[0].panes), len(tiles[0].caption)
    step_x = panes * pane[0] + (panes - 1) * _PANE_GAP + _GAP
    step_y = pane[1] + lines * _LINE + _GAP
    columns = min(sheet.columns, len(tiles))
    grid = (columns * step_x - _GAP, math.ceil(len(tiles) / columns) * step_y)
    figure, axes = _lay_out(sheet, grid, with_bar=scale is not None)
    for number, tile in enumerate(tiles):
        corner = (number % columns * step_x, number // columns * step_y)
        _draw_tile(axes, tile, corner=corner, pane=pane, scale=scale)
    if scale is not None:
        _draw_bar(figure, scale, left=_MARGIN + grid[0] + 0.25, height=grid[1])
    return figure


def _pane_inches(pixels: np.ndarray, side: float) -> tuple[float, float]:
    height, width = pixels.shape[:2]
    return side * width / max(height, width), side * height / max(height, width)


def _lay_out(sheet: Sheet, grid: tuple[float, float], *, with_bar: bool) -> tuple[Figure, Axes]:
    """Return a figure with its heading, and axes whose unit is one inch, y downwards."""
    width = max(2 * _MARGIN + grid[0] + (_BAR if with_bar else 0), 6.4)
    title = wrap_text(sheet.title, inches=width - 2 * _MARGIN, size=TITLE)
    note = wrap_text(sheet.note, inches=width - 2 * _MARGIN, size=TEXT)
    title_height, note_height = 0.2 * (title.count("\n") + 1), 0.165 * (note.count("\n") + 1)
    height = 2 * _MARGIN + title_height + note_height + 0.12 + grid[1]
    figure = new_figure(width, height, constrained=False)
    left, top = _MARGIN / width, 1 - _MARGIN / height
    plain: dict[str, Any] = {"va": "top", "ha": "left", "parse_math": False}
    figure.text(left, top, title, fontsize=TITLE, **plain)
    figure.text(left, top - (title_height + 0.04) / height, note, fontsize=TEXT, color=MUTED, **plain)
    axes = figure.add_axes((left, _MARGIN / height, grid[0] / width, grid[1] / height))
    axes.set_axis_off()
    return figure, axes


def _draw_tile(
    axes: Axes, tile: Tile, *, corner: tuple[float, float], pane: tuple[float, float], scale: Scale | None
) -> None:
    x, y = corner
    for number, pixels in enumerate(tile.panes):
        left = x + number * (pane[0] + _PANE_GAP)
        colors: dict[str, Any] = {} if scale is None else {"vmin": scale.low, "vmax": scale.high, "cmap": scale.colors}
        axes.imshow(pixels, extent=(left, left + pane[0], y + pane[1], y), interpolation="none", **colors)
        axes.add_patch(Rectangle((left, y), *pane, fill=False, edgecolor="#B0B0B0", linewidth=0.5, clip_on=False))
    for line, text in enumerate(tile.caption):
        axes.text(x, y + pane[1] + 0.03 + line * _LINE, text, fontsize=SMALL, va="top", ha="left", parse_math=False)
    # imshow narrows the view to its own image: open it to the whole sheet again.
    box = axes.get_window_extent()
    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    axes.set(xlim=(0, box.width / dpi), ylim=(box.height / dpi, 0), aspect="equal")


def _draw_bar(figure: Figure, scale: Scale, *, left: float, height: float) -> None:
    """Draw the color bar beside the tiles."""
    width_inches, height_inches = figure.get_size_inches()
    length = min(height, 3.0)
    box = (
        left / width_inches,
        (_MARGIN + height - length) / height_inches,
        0.12 / width_inches,
        length / height_inches,
    )
    mappable = ScalarMappable(Normalize(scale.low, scale.high), scale.colors)
    bar = figure.colorbar(mappable, cax=figure.add_axes(box))
    bar.set_label(scale.label, fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
