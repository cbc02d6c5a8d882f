"""A matrix drawn with its numbers: what the lecture's pictures are made of."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle

from keras_cnn_course.lecture.matrix_text import Window, format_number
from keras_cnn_course.plots.style import OKABE_ITO, SIGNED, SMALL, TEXT, UNSIGNED, new_figure

__all__ = [
    "CELL",
    "add_bar",
    "add_margin",
    "colour_limit",
    "draw_matrix",
    "hatch",
    "matrix_figure",
    "outline",
    "scale_note",
]

CELL = 0.36
"""Inches a pixel with its number takes."""

_MOST_NUMBERS = 34
_WINDOW_COLOUR = OKABE_ITO[1]
_BAR_INCHES = 0.75
_WIDEST = 8.0
_WIDEST_WITHOUT_NUMBERS = 3.2
_SHARE_IN_RANGE = 99.5
_SMALLEST_TEXT = 4.5


def matrix_figure(columns: Sequence[int], *, rows: int, lines: int = 4) -> tuple[Figure, list[Axes]]:
    """Return a figure with a row of axes for matrices, one cell as large as the other in all of them.

    Args:
        columns: of each matrix.
        rows: of the tallest matrix.
        lines: of text above and below, for the figure's title and caption.
    """
    cell = min(CELL, (_WIDEST if max(columns) <= _MOST_NUMBERS else _WIDEST_WITHOUT_NUMBERS) / max(columns))
    widths = [max(count * cell, 1.3) + 0.35 for count in columns]
    height = max(rows * cell, 1.3) + _BAR_INCHES + 0.3 + 0.22 * lines
    figure = new_figure(sum(widths) + 0.4, height)
    add_margin(figure)
    axes = figure.subplots(1, len(columns), squeeze=False, gridspec_kw={"width_ratios": widths})
    return figure, list(axes[0])


def add_margin(figure: Figure) -> None:
    """Keep the panels of a figure apart, and off its edges."""
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=0.1, h_pad=0.06)


def draw_matrix(
    axes: Axes,
    matrix: np.ndarray,
    title: str,
    *,
    limit: tuple[float, float] | None = None,
    signed: bool | None = None,
    filled: int | None = None,
    inches: float | None = None,
) -> AxesImage:
    """Draw a matrix as pixels, with every number printed where there is room, and its shape in the title.

    Args:
        axes: to draw on.
        matrix: `(rows, columns)`.
        title: above the matrix; the shape is added.
        limit: values of the first and the last colour; from the matrix itself when None.
        signed: diverging colours about 0; when None, where a number is negative.
        filled: numbers known so far, row by row; the others stay empty. All are known when None.
        inches: width and height that the matrix will have in its figure; as in a `matrix_figure` when None.
    """
    values = matrix.astype(float)
    if signed is None:
        signed = bool((values < 0).any()) if limit is None else limit[0] < 0
    low, high = limit or colour_limit(values, signed=signed)
    shown = np.ma.masked_array(values, mask=np.arange(values.size).reshape(values.shape) >= (filled or values.size))
    if filled == 0:
        shown = np.ma.masked_all(values.shape)
    picture = axes.imshow(
        shown, cmap=SIGNED if signed else UNSIGNED, vmin=low, vmax=high, interpolation="none", aspect="equal"
    )
    axes.set_title(f"{title}\n{values.shape[0]}x{values.shape[1]}", fontsize=TEXT)
    axes.set_xticks([])
    axes.set_yticks([])
    largest = max(values.shape)
    if largest <= _MOST_NUMBERS:
        _print_numbers(axes, picture, shown, cell=min(CELL, _WIDEST / largest) if inches is None else inches / largest)
    return picture


def add_bar(
    figure: Figure, picture: AxesImage, axes: Axes | Sequence[Axes], *, values: np.ndarray | None = None
) -> None:
    """Add a colour bar below one axes, or to the right of several; it ends in arrows where values lie beyond it.

    Args:
        figure: of the axes.
        picture: whose colours the bar explains.
        axes: one, or several that share the colours.
        values: of all pictures that share the colours; those of this one when None.
    """
    below = isinstance(axes, Axes)
    low, high = picture.get_clim()
    if values is None:
        values = np.ma.asarray(picture.get_array())
    beneath, above = bool((values < low).any()), bool((values > high).any())
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max"}.get((beneath, above), "both")
    bar = figure.colorbar(
        picture,
        ax=axes,
        orientation="horizontal" if below else "vertical",
        fraction=0.05 if below else 0.03,
        pad=0.03,
        aspect=14 if below else 10,
        extend=extend,
    )
    middle = [0.0] if low < 0 < high else []
    bar.set_ticks([low, *middle, high], labels=[format_number(round(value, 3)) for value in (low, *middle, high)])
    bar.ax.tick_params(labelsize=SMALL)


def outline(axes: Axes, window: Window, *, colour: str = _WINDOW_COLOUR, style: str = "-", width: float = 2.5) -> None:
    """Draw a box around a window of the matrix."""
    corner = (window.left - 0.5, window.top - 0.5)
    axes.add_patch(
        Rectangle(corner, window.width, window.height, fill=False, edgecolor=colour, lw=width, ls=style, clip_on=False)
    )


def hatch(axes: Axes, mask: np.ndarray) -> None:
    """Hatch the pixels where the mask is True."""
    for row, column in np.argwhere(mask):
        axes.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="///", edgecolor="#6F7E9E", lw=0, zorder=1.5)
        )


def colour_limit(values: np.ndarray, *, signed: bool) -> tuple[float, float]:
    """Return the values of the first and the last colour: from 0, or symmetric about it.

    A few extreme pixels of a photograph would leave all others without a colour: a matrix too large to be printed in
    numbers is coloured up to its 99.5 % point.
    """
    if max(values.shape) <= _MOST_NUMBERS:
        largest = float(np.abs(values).max())
    else:
        largest = float(np.percentile(np.abs(values), _SHARE_IN_RANGE))
    return (-(largest or 1.0) if signed else 0.0), largest or 1.0


def scale_note(matrix: np.ndarray, *, scale: str = "own colour scale a panel") -> str:
    """Return how the colours were chosen, for a figure's caption."""
    return scale if max(matrix.shape) <= _MOST_NUMBERS else f"{scale}, to the {_SHARE_IN_RANGE} % point"


def _print_numbers(axes: Axes, picture: AxesImage, shown: np.ma.MaskedArray, *, cell: float) -> None:
    """Print every known number, black or white, whichever is easier to read; none where they would be too small.

    Args:
        axes: to draw on.
        picture: the colours behind the numbers.
        shown: the numbers.
        cell: width of a pixel in inches.
    """
    texts = {position: format_number(value) for position, value in np.ma.ndenumerate(shown)}
    longest = max((len(text) for text in texts.values()), default=0)
    size = min(TEXT, 72 * cell * 0.8 / (0.62 * max(longest, 2)))
    if size < _SMALLEST_TEXT:
        return
    for (row, column), text in texts.items():
        red, green, blue, _ = picture.cmap(picture.norm(shown[row, column]))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        number = axes.text(
            column, row, text, ha="center", va="center", fontsize=size, color="white" if dark else "black"
        )
        # It lies inside its panel: measuring it for the layout would take half of the drawing's time.
        number.set_in_layout(False)
