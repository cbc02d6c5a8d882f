"""A slide of the lecture as one self-contained HTML file, to open by itself or to embed in a page."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_cnn_course.files.markup import Markup, element, fill_template, hash_source, join, script_json
from keras_cnn_course.lecture.contents import Slide, find_slide
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.slides import step_through, work_out
from keras_cnn_course.lecture.stepping import Board, SlideStep
from keras_cnn_course.page.bundle import bundle_modules, read_source
from keras_cnn_course.plots.lecture import plot_slide
from keras_cnn_course.plots.saving import render_png, render_svg
from keras_cnn_course.plots.style import SIGNED, UNSIGNED, colors_of, list_colors

__all__ = ["build_slide"]


def build_slide(key: str, material: Material, *, note: str = "") -> str:
    """Return a slide as HTML: its statement, its steps or its picture, and its numbers.

    The page follows the colors of the reader's system, light or dark. The same slide gives the same bytes.

    Args:
        key: of the slide.
        material: of the slide.
        note: about an image or a filter of the reader's own.

    Raises:
        UsageError: there is no such slide, or the image is not suitable.
    """
    slide = find_slide(key)
    steps = step_through(key, material)
    frames = work_out(key, material)
    style, script = read_source("slide.css"), bundle_modules("slide")
    values = {
        "policy": f"default-src 'none'; img-src data:; script-src {hash_source(script)}; "
        f"style-src {hash_source(style)}; base-uri 'none'; form-action 'none'",
        "style": Markup(style),
        "script": Markup(script),
        "title": slide.title,
        "says": slide.says,
        "material": element("p", note, class_="material") if note else Markup(""),
        "picture": Markup("") if steps and slide.shows_photograph == "never" else _draw(slide, material),
        "numbers": _list_numbers(frames, is_open=not steps),
        "data": script_json(_collect(steps)),
    }
    return fill_template(read_source("slide.html"), values)


def _draw(slide: Slide, material: Material) -> Markup:
    """Return the slide's picture twice: for light and for dark colors."""
    sources = []
    for dark in (False, True):
        with colors_of(dark=dark):
            picture = plot_slide(slide.key, material)
            # A photograph as a PNG of 256 colors is a tenth of the same picture as an SVG.
            has_photograph = slide.shows_photograph != "never"
            kind, content = ("png", render_png(picture)) if has_photograph else ("svg+xml", render_svg(picture))
        sources.append(f"data:image/{kind};base64,{base64.b64encode(content).decode()}")
    light, dark_source = sources
    by_dark = element("source", media="(prefers-color-scheme: dark)", srcset=dark_source)
    return element("figure", element("picture", by_dark, element("img", src=light, alt=picture.alt)))


def _list_numbers(frames: Sequence[str], *, is_open: bool) -> Markup:
    """Return the slide's numbers as text; below the steps, which show the same ones, they can be unfolded."""
    texts = join([element("pre", frame, tabindex=0, role="group", aria_label="numbers as text") for frame in frames])
    return texts if is_open else element("details", element("summary", "All numbers as text"), texts)


def _collect(steps: Sequence[SlideStep]) -> dict[str, Any]:
    """Return the steps as plain values for JSON. A matrix that several steps show is stored once."""
    matrices: dict[tuple[Any, ...], int] = {}
    listed: list[dict[str, Any]] = []

    def find(numbers: np.ndarray) -> int:
        key = (numbers.shape, numbers.dtype.str, numbers.tobytes())
        if key not in matrices:
            matrices[key] = len(listed)
            rows, columns = numbers.shape
            listed.append({"rows": rows, "columns": columns, "numbers": numbers.tolist()})
        return matrices[key]

    described = [
        {
            "title": step.title,
            "result": step.result,
            "boards": [{"matrix": find(board.numbers), **_describe(board)} for board in step.boards],
        }
        for step in steps
    ]
    names = {"signed": SIGNED, "unsigned": UNSIGNED}
    colors = {name: base64.b64encode(list_colors(scale).tobytes()).decode() for name, scale in names.items()}
    return {"steps": described, "matrices": listed, "colors": colors}


def _describe(board: Board) -> dict[str, Any]:
    window = board.window
    return {
        "name": board.name,
        "operator": board.operator,
        "colors": board.colors,
        "largest": board.largest,
        "filled": board.filled,
        "window": window and [window.top, window.left, window.height, window.width],
    }
