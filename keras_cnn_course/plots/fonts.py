"""Class names and run names in any script: a font that has their characters, or the characters' codes.

>>> drawable_names(("cat", "Größe"))
('cat', 'Größe')
"""

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

__all__ = ["drawable_names", "find_families", "make_drawable"]

_DEFAULT = "DejaVu Sans"
# Matplotlib's own last resort has a box for every character.
_NO_GLYPHS = "LastResort"


def drawable_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return class names that can be drawn. A name with characters that no font has becomes its index and codes.

    The first time, one sentence on stderr says so.
    """
    drawable = tuple(
        name if all(_is_drawable(character) for character in name) else f"#{index} {_escape(name)}"
        for index, name in enumerate(names)
    )
    changed = tuple(new for name, new in zip(names, drawable, strict=True) if new != name)
    if changed:
        _explain(changed)
    return drawable


def find_families(text: str) -> list[str]:
    """Return the names of fonts that together have the characters of a text: matplotlib's own, and others if needed."""
    found = (_find_family(character) for character in text)
    return list(dict.fromkeys([_DEFAULT, *(family for family in found if family is not None)]))


def make_drawable(figure: Figure) -> None:
    """Give each text of a figure the fonts that it needs, and replace characters that no font has by their codes."""
    for text in figure.findobj(Text):
        words = text.get_text()
        if words.isascii():
            continue
        if not all(_is_drawable(character) for character in words):
            text.set_text(_escape(words))
        families = find_families(words)
        if len(families) > 1:
            text.set_fontfamily(families)


@cache
def _explain(changed: tuple[str, ...]) -> None:
    """Print why names look different, once for each set of names."""
    if sys.stderr is not None:
        noun = "1 class name" if len(changed) == 1 else f"{len(changed)} class names"
        sys.stderr.write(
            f"Pictures show {noun} by number and character code, such as {changed[0]}, because no installed font has "
            "all their characters. Install a font that has them, for example from the Noto family.\n"
        )


def _escape(text: str) -> str:
    return "".join(
        character if _is_drawable(character) else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _is_drawable(character: str) -> bool:
    return character == "\n" or (character.isprintable() and _find_family(character) is not None)


@cache
def _find_family(character: str) -> str | None:
    """Return the name of a font that has a character: matplotlib's own if possible, None if there is none."""
    if _has_glyph(findfont(_DEFAULT), character):
        return _DEFAULT
    entries = sorted(fontManager.ttflist, key=lambda entry: ("Sans" not in entry.name, entry.name, entry.fname))
    for entry in entries:
        is_plain = entry.style == "normal" and _NO_GLYPHS not in entry.name
        if is_plain and _has_glyph(entry.fname, character):
            return entry.name
    return None


def _has_glyph(path: str, character: str) -> bool:
    font = _load(path)
    return font is not None and font.get_char_index(ord(character)) != 0


@cache
def _load(path: str) -> FT2Font | None:
    """Return a font file, or None if it is damaged, gone, or has pictures in place of outlines, as emoji fonts have."""
    if not Path(path).is_file():
        return None
    try:
        font = FT2Font(path)
    except (RuntimeError, OSError):
        return None
    return font if font.scalable else None
