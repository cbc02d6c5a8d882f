"""Writing HTML in which names and texts are always escaped.

>>> print(element("td", "2 < 3", element("b", "&"), title='say "hi"'))
<td title="say &quot;hi&quot;">2 &lt; 3<b>&amp;</b></td>
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import RunError, UsageError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file

__all__ = [
    "Markup",
    "check_html_path",
    "element",
    "fill_template",
    "hash_source",
    "join",
    "script_json",
    "write_html",
]

_EMPTY = {"br", "hr", "img", "input", "meta", "source"}


class Markup(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | int | None) -> Markup:
    """Return an element; children and attribute values that are not `Markup` are escaped.

    Args:
        tag: its name.
        children: text or elements, in order.
        attributes: by name, `class_` for `class` and `aria_label` for `aria-label`; None leaves one out.
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{named}>") if tag in _EMPTY else Markup(f"<{tag}{named}>{join(children)}</{tag}>")


def join(children: Sequence[str]) -> Markup:
    """Return text and elements joined together; text that is not `Markup` is escaped.

    >>> join(["<", Markup("<br>")])
    '&lt;<br>'
    """
    return Markup("".join(child if isinstance(child, Markup) else html.escape(child) for child in children))


def script_json(values: Any) -> Markup:
    """Return values as JSON for a script element; no text in it can end the element.

    >>> script_json({"name": "</script>"})
    '{"name":"\\\\u003c/script>"}'
    """
    return Markup(json.dumps(values, separators=(",", ":")).replace("<", "\\u003c"))


def hash_source(text: str) -> str:
    """Return the source by which a Content-Security-Policy lets one script or style through, and no other."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """Return a template with each `{{ name }}` replaced once; text that is not `Markup` is escaped.

    >>> fill_template("<h1>{{ title }}</h1>", {"title": "a < b"})
    '<h1>a &lt; b</h1>'
    """
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: join([values[match[1]]]), template)


def check_html_path(path: Path) -> None:
    """Check that the name of a page ends in .html.

    Raises:
        UsageError: another suffix, or none.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"`out=` must name an .html file; got {str(path)!r}.")


def write_html(text: str, path: Path) -> None:
    """Write a page. An interrupted write leaves no partial file.

    Raises:
        RunError: it cannot be written.
    """
    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another `out=`."),
        atomic_file(path) as temporary,
    ):
        temporary.write_text(text, encoding="utf-8")
