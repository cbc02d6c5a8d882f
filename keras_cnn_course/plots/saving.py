"""A picture with its alt text, and saving both to a file."""

import base64
import html
import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from keras_cnn_course.errors import RunError, UsageError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.files.values import check_path
from keras_cnn_course.plots.fonts import make_drawable
from keras_cnn_course.plots.style import DPI

__all__ = [
    "PICTURE_SUFFIXES",
    "Picture",
    "Pictures",
    "check_picture_path",
    "make_image_element",
    "reduce_colors",
    "render_png",
    "render_svg",
    "save_picture",
]

PICTURE_SUFFIXES = (".png", ".svg", ".pdf")

_MOST_PIXELS = 3200
_IDENTIFIER = re.compile(rb'(?<=[#"])([a-z]+)[0-9a-f]{10}(?=[")])')  # of a clip path, a marker, an image, a hatching
_TAG = re.compile(rb"<[^>]*>")
_COORDINATE = re.compile(rb"(?<![\w.])-?[1-9]\d*\.\d{4,}(?!\w)")


@dataclass(frozen=True)
class Picture:
    """A figure with its alt text: the result of every `plot_` function. A notebook shows it as a PNG.

    Args:
        figure: of matplotlib, to change or to draw on.
        alt: a sentence made from the data, for readers who cannot see the figure.
    """

    figure: Figure
    alt: str

    def __post_init__(self) -> None:
        make_drawable(self.figure)

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a notebook shows: the PNG, with the alt text for a screen reader."""
        png = render_png(self)
        shown = {"text/html": make_image_element(png, self.alt), "text/plain": repr(self)}
        return {**shown, "image/png": base64.b64encode(png).decode()}, {"image/png": {"alt": self.alt}}

    def savefig(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture as .png, .svg or .pdf with its alt text, and return the path."""
        file = check_path("The path of a picture", path)
        save_picture(self, file)
        return file


@dataclass(frozen=True, repr=False)
class Pictures(Mapping[str, Picture]):
    """Several pictures by name, such as one per layer. A notebook shows all of them.

    Args:
        pictures: by name, the main one first.
        captions: a line about each picture, by the same names.
        arrays: the numbers that the pictures show, by name.
        notes: what could not be drawn, as sentences.
    """

    pictures: Mapping[str, Picture]
    captions: Mapping[str, str] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Picture:
        return self.pictures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.pictures)

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        return f"<Pictures: {', '.join(self.pictures)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: every picture with its alt text."""
        return "\n".join(make_image_element(render_png(picture), picture.alt) for picture in self.values())

    def name_files(self, path: str | os.PathLike[str]) -> dict[str, Path]:
        """Return the file of each picture: `path` for the first, `<stem>_<name>.<suffix>` for the others."""
        first = check_path("The path of a picture", path)
        return {
            name: first if number == 0 else first.with_name(f"{first.stem}_{name}{first.suffix}")
            for number, name in enumerate(self.pictures)
        }

    def savefig(self, path: str | os.PathLike[str]) -> list[Path]:
        """Write all pictures, and return their paths (see `name_files`)."""
        return [self.pictures[name].savefig(file) for name, file in self.name_files(path).items()]


def make_image_element(png: bytes, alt: str) -> str:
    """Return an HTML element that holds a PNG, with its alt text."""
    data = base64.b64encode(png).decode()
    return f'<img style="max-width: 100%" alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'


def check_picture_path(path: Path) -> None:
    """Check that a picture file has a suffix that can be written.

    Raises:
        UsageError: another suffix, or none.

    >>> check_picture_path(Path("curves.svg"))
    """
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise UsageError(f"Cannot draw {str(path)!r}: the name of a picture must end in .png, .svg or .pdf.")


def save_picture(picture: Picture, path: Path) -> None:
    """Write a picture atomically as PNG, SVG or PDF, depending on the suffix of `path`.

    The same picture gives the same bytes: no date and no program name are stored, and inside an SVG the identifiers
    are numbered and the coordinates rounded. The alt text is stored as the file's description, in a PDF as its subject.

    Raises:
        UsageError: another suffix.
        RunError: the file cannot be written.
    """
    check_picture_path(path)
    file_format = path.suffix.lower().removeprefix(".")
    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another `out=`."),
        atomic_file(path) as temporary,
    ):
        temporary.write_bytes(_draw(picture, file_format, dpi=_choose_dpi(picture.figure)))


def render_png(picture: Picture) -> bytes:
    """Return a picture as a PNG of 256 colors, a third of the size. The same picture gives the same bytes."""
    full, small = io.BytesIO(), io.BytesIO()
    picture.figure.savefig(full, format="png", dpi=_choose_dpi(picture.figure), metadata={"Software": None})
    with Image.open(full) as image:
        reduce_colors(image).save(small, format="PNG", optimize=True)
    return small.getvalue()


def render_svg(picture: Picture) -> bytes:
    """Return a picture as an SVG, whose text is drawn as outlines. The same picture gives the same bytes."""
    return _draw(picture, "svg")


def _draw(picture: Picture, file_format: str, **options: Any) -> bytes:
    """Return a picture as a file of the format, the same bytes for the same picture."""
    drawn = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "kcnn"}):
        picture.figure.savefig(drawn, format=file_format, metadata=_metadata(file_format, picture.alt), **options)
    content = drawn.getvalue()
    return _round_coordinates(_number_identifiers(content)) if file_format == "svg" else content


def _number_identifiers(svg: bytes) -> bytes:
    """Return an SVG whose identifiers are numbers. matplotlib hashes coordinates, whose last bits may differ."""
    numbers: dict[bytes, int] = {}
    return _IDENTIFIER.sub(lambda found: b"%s%d" % (found[1], numbers.setdefault(found[0], len(numbers) + 1)), svg)


def _round_coordinates(svg: bytes) -> bytes:
    """Return an SVG with three decimals. The last of matplotlib's six differs where the last bits of a layout do."""

    def shorten(number: re.Match[bytes]) -> bytes:
        return (b"%.3f" % float(number[0])).rstrip(b"0").rstrip(b".")

    return _TAG.sub(lambda tag: _COORDINATE.sub(shorten, tag[0]), svg)


def reduce_colors(image: Image.Image) -> Image.Image:
    """Reduce an image to 256 colors.

    They are chosen to cover the whole range: choosing the most frequent ones would spoil the ends of a color scale.
    """
    return image.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)


def _choose_dpi(figure: Figure) -> float:
    """Return the dots per inch: fewer than usual if the picture would have too many pixels to be shown as a whole."""
    return min(DPI, _MOST_PIXELS / max(figure.get_size_inches()))


def _metadata(file_format: str, alt: str) -> dict[str, str | None]:
    if file_format == "png":
        return {"Description": alt, "Software": None}
    if file_format == "svg":
        return {"Description": alt, "Date": None, "Creator": None}
    return {"Subject": alt, "CreationDate": None, "Creator": None, "Producer": None}
