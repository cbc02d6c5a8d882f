"""All slides to present: one page of 16:9 per slide, as a PDF or as SVG, with text to read from the last row."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from keras_cnn_course.errors import RunError, UsageError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.lecture.contents import Slide, find_slide
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.lecture import plot_slide
from keras_cnn_course.plots.saving import save_picture
from keras_cnn_course.plots.style import MUTED, SMALL, TEXT, colors_of, wrap_text

__all__ = ["SMALLEST_TEXT", "make_page", "save_deck", "save_pages"]

SMALLEST_TEXT = 14
"""Font size in points of the smallest text on a page, except numbers inside the pixels of a large matrix."""

_WIDTH, _HEIGHT = 13.333, 7.5
_TITLE, _CLAIM, _HEADING, _LABEL = 28, 20, 18, 16
_BELOW_CLAIM, _ABOVE_FOOTER, _SIDE = 1.4, 0.5, 0.4
_MOST_WITH_BARS = 4
_MUTED_ON_DARK, _DARK = "#A9AEB6", 0.4


def save_deck(materials: Mapping[str, Material], path: Path, *, dark: bool = False) -> None:
    """Write the pictures of some slides as a PDF, atomically. The same slides give the same bytes.

    Args:
        materials: by the key of the slide, in the order of the pages.
        path: of the file, ending in .pdf.
        dark: draw light on dark.

    Raises:
        UsageError: another suffix.
        RunError: the file cannot be written.
    """
    if path.suffix.lower() != ".pdf":
        raise UsageError(f"All slides are drawn into one PDF: {str(path)!r} must end in .pdf.")
    metadata = {"Title": "The CNN lecture", "CreationDate": None, "Creator": None, "Producer": None}
    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another `out=`."),
        atomic_file(path) as temporary,
        colors_of(dark=dark),
        PdfPages(temporary, metadata=metadata) as pages,
    ):
        for number, (key, material) in enumerate(materials.items(), start=1):
            figure = plot_slide(key, material).figure
            make_page(figure, find_slide(key), footer=f"kcnn lecture {key}      {number}/{len(materials)}")
            pages.savefig(figure)


def save_pages(materials: Mapping[str, Material], folder: Path, *, dark: bool = False) -> None:
    """Write the same pages as one SVG per slide, named by their numbers and keys, such as `01-convolution.svg`.

    Args:
        materials: by the key of the slide, in the order of the pages.
        folder: of the files; it is made if it does not exist.
        dark: draw light on dark.

    Raises:
        RunError: a file cannot be written.
    """
    with reporting_os_errors(RunError, "create", folder, hint="Choose another `out=`."):
        folder.mkdir(parents=True, exist_ok=True)
    with colors_of(dark=dark):
        for number, (key, material) in enumerate(materials.items(), start=1):
            picture = plot_slide(key, material)
            make_page(picture.figure, find_slide(key), footer=f"kcnn lecture {key}      {number}/{len(materials)}")
            save_picture(picture, folder / f"{number:02}-{key}.svg")


def make_page(figure: Figure, slide: Slide, *, footer: str) -> None:
    """Turn the picture of a slide into a page: its size, its text sizes, and the slide's title and claim above it."""
    figure.set_size_inches(_WIDTH, _HEIGHT)
    panels = [axes for axes in figure.axes if axes.images]
    if len(panels) > _MOST_WITH_BARS:
        _drop_bars(panels)
    inside = {text for axes in panels for text in axes.texts}
    for text in figure.findobj(Text):
        if text not in inside:
            size = float(text.get_fontsize())
            text.set_fontsize(SMALLEST_TEXT if size <= SMALL + 1 else _LABEL if size <= TEXT + 1 else _HEADING)
    top = _move(figure, "suptitle", inches=_BELOW_CLAIM)
    bottom = _move(figure, "supxlabel", inches=_ABOVE_FOOTER)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        side, below = _SIDE / _WIDTH, bottom / _HEIGHT
        engine.set(rect=(side, below, 1 - 2 * side, 1 - top / _HEIGHT - below))
    FigureCanvasAgg(figure).draw()
    for axes in panels:
        _fit_numbers(axes, figure.dpi)
    _write(figure, slide.title, y=_HEIGHT - 0.3, size=_TITLE).set_fontweight("bold")
    _write(figure, slide.says, y=_HEIGHT - 0.84, size=_CLAIM)
    _write(figure, footer, y=0.36, size=SMALLEST_TEXT).set_color(MUTED)
    if max(to_rgb(figure.get_facecolor())) < _DARK:
        for text in figure.findobj(Text):
            if text.get_color() == MUTED:
                text.set_color(_MUTED_ON_DARK)


def _drop_bars(panels: list[Axes]) -> None:
    """Make room for many panels: no color bars, and the shape in the title only where no numbers are printed."""
    for axes in panels:
        if axes.images[0].colorbar is not None:
            axes.images[0].colorbar.remove()
        *words, last = axes.get_title().split("\n")
        if words and re.fullmatch(r"[\dx]+", last):
            axes.set_title(" ".join(words) if axes.texts else "  ".join([*words, last]))


def _move(figure: Figure, name: Literal["suptitle", "supxlabel"], *, inches: float) -> float:
    """Break the title or the caption of a figure at the width of the page, and move it between the slide's own lines.

    Args:
        inches: of its place from the top or the bottom of the page.

    Returns:
        the inches from the top or the bottom that it takes.
    """
    words = figure.get_suptitle() if name == "suptitle" else figure.get_supxlabel()
    if not words:
        return inches
    size = _HEADING if name == "suptitle" else _LABEL
    text = wrap_text(" ".join(words.split("\n")), inches=_WIDTH - 2 * _SIDE, size=size)
    if name == "suptitle":
        figure.suptitle(text, y=1 - inches / _HEIGHT, va="top", fontsize=size, parse_math=False)
    else:
        figure.supxlabel(text, y=inches / _HEIGHT, va="bottom", fontsize=size, parse_math=False)
    return inches + 0.1 + (text.count("\n") + 1) * size * 1.3 / 72


def _fit_numbers(axes: Axes, dpi: float) -> None:
    """Print the numbers of a matrix as large as its pixels allow."""
    columns = axes.images[0].get_array().shape[1]  # type: ignore[union-attr]
    cell = axes.get_window_extent().width / dpi / columns
    longest = max((len(text.get_text()) for text in axes.texts), default=0)
    for text in axes.texts:
        text.set_fontsize(min(_HEADING, 72 * cell * 0.8 / (0.62 * max(longest, 2))))


def _write(figure: Figure, words: str, *, y: float, size: float) -> Text:
    text = figure.text(_SIDE / _WIDTH, y / _HEIGHT, words, fontsize=size, va="top", parse_math=False)
    text.set_in_layout(False)
    return text
