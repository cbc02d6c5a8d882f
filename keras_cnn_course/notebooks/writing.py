"""From a Markdown file to a Jupyter notebook: a block of Python is a code cell, the text between blocks a text cell.

The sources are Markdown so that a change can be read and reviewed, and no output is ever stored with them. The format
of a notebook is JSON (nbformat 4.5); it needs no library to write.
"""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import CourseError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file

__all__ = ["convert", "read_sources", "write_notebooks"]


def write_notebooks(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the notebooks into a folder, which is made where it is missing. Files that exist are left as they are.

    Returns:
        The paths of all notebooks, and of those that existed.

    Raises:
        CourseError: the folder or a file cannot be written.
    """
    paths, kept = [], []
    for name, text in read_sources().items():
        path = folder / f"{name}.ipynb"
        paths.append(path)
        if path.exists():
            kept.append(path)
            continue
        with reporting_os_errors(CourseError, "write", path, hint="Choose another folder."):
            folder.mkdir(parents=True, exist_ok=True)
            with atomic_file(path) as temporary:
                temporary.write_text(json.dumps(convert(text), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return paths, kept


def read_sources() -> dict[str, str]:
    """Return the Markdown of every notebook by its name, in the order of the course."""
    sources = (file for file in files(__package__).iterdir() if file.name.endswith(".md"))
    return {
        file.name.removesuffix(".md"): file.read_text("utf-8") for file in sorted(sources, key=lambda file: file.name)
    }


def convert(text: str) -> dict[str, Any]:
    """Return a notebook without outputs.

    Args:
        text: Markdown, whose blocks of Python become code cells.

    >>> [cell["cell_type"] for cell in convert("# One\\n\\n```python\\n1 + 1\\n```\\n\\nTwo.\\n")["cells"]]
    ['markdown', 'code', 'markdown']
    """
    return {
        "cells": [_make_cell(number, kind, source) for number, (kind, source) in enumerate(_split(text), start=1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the source of every cell."""
    for number, part in enumerate(re.split(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)):
        if part.strip():
            yield ("code" if number % 2 else "markdown"), part.strip("\n")


def _make_cell(number: int, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}
