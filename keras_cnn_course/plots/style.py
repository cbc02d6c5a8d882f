"""Colors, markers and sizes of every picture."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from keras_cnn_course.plots.fonts import find_families

__all__ = [
    "DPI",
    "IMAGE",
    "MARKERS",
    "MUTED",
    "OKABE_ITO",
    "SIGNED",
    "SMALL",
    "TEXT",
    "TITLE",
    "UNSIGNED",
    "colors_of",
    "list_colors",
    "measure_text",
    "new_figure",
    "wrap_text",
]

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Eight colors that color-blind readers can distinguish (Okabe and Ito). Yellow is faint on white, so it is last."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Seven markers: together with eight colors a pair repeats only after 56 lines."""

SIGNED = "RdBu"
"""Color map for values below and above 0: red is negative, blue is positive, always symmetric about 0."""

UNSIGNED = "cividis"
"""Color map for values that start at 0."""

IMAGE = "gray"
"""Color map for the pixels of an image: an image looks like itself."""

MUTED = "#6E6E6E"
"""Gray for secondary text."""

DPI = 150
TITLE, TEXT, SMALL = 11.0, 9.0, 7.0
"""Font sizes in points."""


_DARK = {
    "figure.facecolor": "#14171C",
    "savefig.facecolor": "auto",
    "axes.facecolor": "#23272E",
    "axes.edgecolor": "#C9CDD3",
    "axes.labelcolor": "#F2F2F2",
    "text.color": "#F2F2F2",
    "xtick.color": "#E4E4E4",
    "ytick.color": "#E4E4E4",
    "grid.color": "#454B54",
    "legend.facecolor": "#23272E",
}


@contextmanager
def colors_of(*, dark: bool) -> Iterator[None]:
    """Draw the figures of the context dark on light, or light on dark."""
    with matplotlib.rc_context(_DARK if dark else {}):  # type: ignore[arg-type]
        yield


def list_colors(name: str) -> np.ndarray:
    """Return the 256 colors of a color map from first to last, uint8 `(256, 3)`.

    >>> list_colors(SIGNED)[[0, 255]].tolist()
    [[103, 0, 31], [5, 48, 97]]
    """
    return matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3]


def new_figure(width: float, height: float, *, constrained: bool = True) -> Figure:
    """Return an empty figure of `width` by `height` inches that pyplot does not know.

    Args:
        width: inches of 150 dots.
        height: inches of 150 dots.
        constrained: let matplotlib place the axes so that no label is cut off. False: place them by hand.
    """
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained" if constrained else None)


def measure_text(text: str, *, size: float) -> float:
    """Return the width of a text in inches at a font size in points."""
    # A space has no outline, and an empty text neither.
    outlined = text.replace(" ", "n").replace("$", r"\$") or "n"
    path = TextPath((0, 0), outlined, prop=FontProperties(family=find_families(text), size=size))
    return float(path.get_extents().x1) / 72


def wrap_text(text: str, *, inches: float, size: float) -> str:
    """Break text into lines that fit a width in inches at a font size in points.

    >>> wrap_text("one scale for the layer", inches=1, size=9)
    'one scale for\\nthe layer'
    """
    # A letter of DejaVu Sans, matplotlib's own font, is 0.56 of its size wide on average.
    return textwrap.fill(text, width=max(8, int(inches * 72 / (0.56 * size))))
