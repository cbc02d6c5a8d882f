"""A matrix drawn as pixels with its numbers printed on them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle

from keras_cnn_course.lecture.matrix_text import Window, format_number
from keras_cnn_course.plots.style import IMAGE, OKABE_ITO, SIGNED, SMALL, TEXT, UNSIGNED, new_figure

__all__ = [
    "CELL",
    "add_bar",
    "add_margin",
    "color_limit",
    "contrast_color",
    "draw_matrix",
    "fit_numbers",
    "hatch",
    "matrix_figure",
    "outline",
    "print_numbers",
    "scale_note",
]

CELL = 0.36
"""Inches per pixel with its number in it."""

_MOST_NUMBERS = 34
_WINDOW_COLOR = OKABE_ITO[1]
_BAR_INCHES, _BAR_SHARE = 0.75, 0.14
_WIDEST = 8.0
_WIDEST_WITHOUT_NUMBERS = 3.2
_SHARE_IN_RANGE = 99.5
_SMALLEST_TEXT = 4.5


def matrix_figure(columns: Sequence[int], *, rows: int, lines: int = 4) -> tuple[Figure, list[Axes]]:
    """Return a figure with a row of axes for matrices, with cells of one size in all of them.

    Args:
        columns: number of columns of each matrix.
        rows: number of rows of the tallest matrix.
        lines: lines of text above and below, for the figure's title and caption.
    """
    cell = min(CELL, (_WIDEST if max(columns) <= _MOST_NUMBERS else _WIDEST_WITHOUT_NUMBERS) / max(columns))
    widths = [max(count * cell, 1.3) + 0.35 for count in columns]
    panel = max(rows * cell, 1.3)
    height = panel + max(_BAR_INCHES, _BAR_SHARE * panel) + 0.3 + 0.22 * lines
    figure = new_figure(sum(widths) + 0.4, height)
    add_margin(figure)
    axes = figure.subplots(1, len(columns), squeeze=False, gridspec_kw={"width_ratios": widths})
    return figure, list(axes[0])


def add_margin(figure: Figure) -> None:
    """Add space between the panels of a figure and around them."""
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
    is_image: bool = False,
    filled: int | None = None,
    inches: float | None = None,
    shape: tuple[int, ...] | None = None,
) -> AxesImage:
    """Draw a matrix as pixels, with its shape in the title and every number printed if there is room.

    Args:
        matrix: `(rows, columns)`; NaN stays empty.
        title: above the matrix; the shape is added.
        limit: values of the first and the last color. None: from the matrix itself.
        signed: use diverging colors about 0. None: if a number is negative.
        is_image: draw the pixels of an image, in gray unless they are signed.
        filled: how many numbers are known so far, row by row. The others stay empty. None: all are known.
        inches: larger side of the matrix in its figure. None: as in a `matrix_figure`.
        shape: for the title. None: that of the matrix.
    """
    values = np.ma.masked_invalid(matrix.astype(float))
    if signed is None:
        signed = bool((values < 0).any()) if limit is None else limit[0] < 0
    low, high = limit or color_limit(np.nan_to_num(matrix), signed=signed)
    known = values.size if filled is None else filled
    shown = np.ma.masked_where(np.arange(values.size).reshape(values.shape) >= known, values)
    picture = axes.imshow(
        shown,
        cmap=SIGNED if signed else IMAGE if is_image else UNSIGNED,
        vmin=low,
        vmax=high,
        interpolation="none",
        aspect="equal",
    )
    axes.set_title(f"{title}\n{'x'.join(map(str, shape or values.shape))}", fontsize=TEXT)
    axes.set_xticks([])
    axes.set_yticks([])
    largest = max(values.shape)
    cell = min(CELL, _WIDEST / largest) if inches is None else inches / largest
    print_numbers(axes, picture, shown, size=fit_numbers(shown, cell=cell))
    return picture


def add_bar(
    figure: Figure, picture: AxesImage, axes: Axes | Sequence[Axes], *, values: np.ndarray | None = None
) -> None:
    """Add a color bar below one axes, or to the right of several. It ends in an arrow if values are beyond it.

    Args:
        picture: the image with the colors to explain.
        axes: one, or several that share the colors.
        values: of all images that share the colors. None: those of this one.
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


def outline(axes: Axes, window: Window, *, color: str = _WINDOW_COLOR, style: str = "-", width: float = 2.5) -> None:
    """Draw a box around a window of the matrix."""
    corner = (window.left - 0.5, window.top - 0.5)
    axes.add_patch(
        Rectangle(corner, window.width, window.height, fill=False, edgecolor=color, lw=width, ls=style, clip_on=False)
    )


def hatch(axes: Axes, mask: np.ndarray) -> None:
    """Hatch the pixels where the mask is True."""
    for row, column in np.argwhere(mask):
        axes.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="///", edgecolor="#6F7E9E", lw=0, zorder=1.5)
        )


def color_limit(values: np.ndarray, *, signed: bool) -> tuple[float, float]:
    """Return the values of the first and the last color: from 0, or symmetric about 0.

    A few extreme pixels of a photograph would leave all others without color. So the scale of a matrix that is too
    large to print in numbers ends at its 99.5th percentile.
    """
    if max(values.shape) <= _MOST_NUMBERS:
        largest = float(np.abs(values).max())
    else:
        largest = float(np.percentile(np.abs(values), _SHARE_IN_RANGE))
    return (-(largest or 1.0) if signed else 0.0), largest or 1.0


def scale_note(matrix: np.ndarray, *, scale: str = "each panel has its own color scale") -> str:
    """Return a note on the choice of the colors, for a figure's caption."""
    return scale if max(matrix.shape) <= _MOST_NUMBERS else f"{scale}, up to the {_SHARE_IN_RANGE}th percentile"


def print_numbers(
    axes: Axes,
    picture: AxesImage,
    numbers: np.ma.MaskedArray,
    *,
    size: float,
    corner: tuple[float, float] = (-0.5, -0.5),
    unit: float = 1.0,
) -> None:
    """Print every number on its pixel, in black or white, unless the font size is too small to read.

    Args:
        picture: the image under the numbers.
        numbers: `(rows, columns)`; masked ones are left out.
        size: from `fit_numbers`.
        corner: x and y of the upper left corner of the image.
        unit: width of a pixel on the axes.
    """
    if size < _SMALLEST_TEXT:
        return
    for (row, column), value in np.ma.ndenumerate(numbers):
        number = axes.text(
            corner[0] + (column + 0.5) * unit,
            corner[1] + (row + 0.5) * unit,
            format_number(value),
            ha="center",
            va="center",
            fontsize=size,
            color=contrast_color(picture, value),
        )
        # It is inside its panel, and measuring it for the layout would take half of the drawing time.
        number.set_in_layout(False)


def fit_numbers(numbers: np.ma.MaskedArray, *, cell: float) -> float:
    """Return the font size at which every number fits into a pixel; 0 if there are too many numbers.

    Args:
        numbers: `(..., rows, columns)`.
        cell: width of a pixel in inches.
    """
    if max(numbers.shape[-2:]) > _MOST_NUMBERS:
        return 0.0
    longest = max((len(format_number(value)) for value in numbers.compressed()), default=0)
    return min(TEXT, 72 * cell * 0.8 / (0.62 * max(longest, 2)))


def contrast_color(picture: AxesImage, value: float) -> str:
    """Return black or white, whichever is easier to read on the color that an image has for a value."""
    red, green, blue, _ = picture.cmap(picture.norm(np.asarray(value)))
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else "black"
