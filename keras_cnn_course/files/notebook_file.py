"""Jupyter notebooks as files: JSON with a list of cells (nbformat 4), read and written without a library."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Cell", "read_cells", "render_notebook"]

# A value in JSON takes at most about 250 bytes of memory, so this bounds the memory that a notebook can take.
_MOST_VALUES = 1 << 20
_FORMAT = 4
_DAMAGED = "is damaged: it is not the JSON of a notebook. Save it again in Jupyter"


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook.

    Args:
        kind: `code`, `markdown` or `raw`.
    """

    kind: str
    source: str


def render_notebook(cells: Iterable[Cell]) -> str:
    """Return the text of a notebook with these cells and without outputs."""
    notebook = {
        "cells": [_encode_cell(number, cell) for number, cell in enumerate(cells, start=1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": _FORMAT,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def read_cells(text: str) -> list[Cell]:
    """Return the cells of a notebook that anybody may have made. Outputs are left out.

    Raises:
        ValueError: it is no notebook for Python in this format, or too large. The message is a predicate, to follow
            the file's name.

    >>> read_cells(render_notebook([Cell("code", "1 + 1")]))
    [Cell(kind='code', source='1 + 1')]
    """
    if sum(map(text.count, "[{,")) > _MOST_VALUES:
        raise ValueError("has too much output. Clear all outputs in Jupyter, and save it again")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(_DAMAGED) from error
    version = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if not isinstance(version, int) or not 0 < version < 100:
        raise ValueError(_DAMAGED)
    if version != _FORMAT:
        raise ValueError(
            f"has version {version} of the notebook format, not {_FORMAT}. Open it in Jupyter, and save it again"
        )
    language = _find_language(notebook.get("metadata"))
    if language not in ("", "python", "ipython"):
        raise ValueError(f"is a notebook for {language[:20]}, not for Python")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise ValueError(_DAMAGED)
    return [_decode_cell(cell) for cell in cells]


def _find_language(metadata: Any) -> str:
    """Return the language that a notebook says it is written in, or an empty string."""
    for table, key in (("language_info", "name"), ("kernelspec", "language")):
        values = metadata.get(table) if isinstance(metadata, dict) else None
        name = values.get(key) if isinstance(values, dict) else None
        if isinstance(name, str) and name.isprintable():
            return name.lower()
    return ""


def _encode_cell(number: int, cell: Cell) -> dict[str, Any]:
    values: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": cell.source.splitlines(keepends=True),
    }
    return {**values, "execution_count": None, "outputs": []} if cell.kind == "code" else values


def _decode_cell(cell: Any) -> Cell:
    source = cell.get("source") if isinstance(cell, dict) else None
    lines = [source] if isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError(_DAMAGED)
    # JSON can hold half of a surrogate pair, which no file can.
    text = "".join(lines).encode("utf-8", "replace").decode("utf-8")
    return Cell(str(cell.get("cell_type"))[:20], text.replace("\r\n", "\n").replace("\r", "\n"))
