"""The parts of every report: sections, tables, and pictures with their numbers below them."""

import base64
import importlib.resources
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from keras_cnn_course.files.markup import Markup, element, fill_template, hash_source, join
from keras_cnn_course.plots.saving import Picture, render_png
from keras_cnn_course.plots.style import DPI

__all__ = ["Section", "Table", "format_shape", "make_document", "make_figure", "make_table"]

_CSS_DPI = 96


@dataclass(frozen=True)
class Table:
    """A table of text; the first column names the rows.

    Args:
        header: one heading per column.
        rows: one text per column each.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Args:
        key: one word, the target of links.
        title: the heading.
    """

    key: str
    title: str
    body: Markup


def format_shape(sizes: Sequence[int | None]) -> str:
    """Return a shape such as `28×28×1`, with `?` for an unknown size.

    >>> format_shape((None, 1024))
    '?×1,024'
    """
    return "×".join("?" if size is None else f"{size:,}" for size in sizes)


def make_table(table: Table) -> Markup:
    """Return a table that scrolls sideways if it is wider than the page."""
    head = element("tr", *(element("th", text, scope="col") for text in table.header))
    rows = [
        element("tr", element("th", first, scope="row"), *(element("td", text) for text in others))
        for first, *others in table.rows
    ]
    built = element("table", element("caption", table.caption), element("thead", head), element("tbody", *rows))
    return element("div", built, class_="scroll", tabindex=0, role="region", aria_label=table.caption)


def make_figure(picture: Picture, *, caption: str, numbers: Sequence[Table]) -> Markup:
    """Return a picture with its alt text, its caption, and its numbers in tables that the reader can unfold.

    The picture has a light background in the dark color scheme too.
    """
    png = render_png(picture)
    with Image.open(io.BytesIO(png)) as image:
        width, height = (round(side * _CSS_DPI / DPI) for side in image.size)
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    drawn = element("img", src=source, alt=picture.alt, width=width, height=height)
    frame = element("div", drawn, class_="picture", tabindex=0, role="region", aria_label=f"Picture: {caption}")
    tables = [make_table(table) for table in numbers]
    unfolded = element("details", element("summary", "Show the numbers"), *tables) if tables else Markup()
    return element("figure", frame, element("figcaption", caption), unfolded)


def make_document(*, title: str, lead: Markup, sections: Sequence[Section]) -> str:
    """Return a whole page.

    Args:
        lead: the part above the sections.
        sections: each is linked from the top.
    """
    folder = importlib.resources.files("keras_cnn_course.report")
    style = (folder / "report.css").read_text(encoding="utf-8")
    links = [element("a", section.title, href=f"#{section.key}") for section in sections]
    bodies = [element("section", element("h2", section.title), section.body, id=section.key) for section in sections]
    values = {
        "policy": f"default-src 'none'; img-src data:; style-src {hash_source(style)}; base-uri 'none'; "
        "form-action 'none'",
        "style": Markup(style),
        "title": title,
        "links": join(links),
        "lead": lead,
        "sections": join(bodies),
    }
    return fill_template((folder / "report.html").read_text(encoding="utf-8"), values)
