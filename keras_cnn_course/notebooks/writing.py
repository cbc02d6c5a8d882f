"""From a Markdown file to a Jupyter notebook: a block of Python is a code cell, the text between blocks a text cell.

The sources are Markdown so that a change can be read and reviewed, and no output is ever stored with them.
"""

import os
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from keras_cnn_course.errors import CourseError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.files.notebook_file import Cell, render_notebook
from keras_cnn_course.files.values import check_path

__all__ = ["convert", "read_sources", "write_notebooks"]


def write_notebooks(folder: str | os.PathLike[str] = "notebooks") -> tuple[list[Path], list[Path]]:
    """Write the course's notebooks into a folder, which is made where it is missing.

    They are five, for Jupyter, VS Code and Colab. Files that exist are left as they are.

    Returns:
        The paths of all notebooks, and of those that existed.

    Raises:
        CourseError: the folder or a file cannot be written.

    >>> paths, kept = write_notebooks(tmp / "course")
    >>> paths[0].name, len(paths), kept
    ('01-the-lecture-by-hand.ipynb', 5, [])
    """
    paths, kept = [], []
    for name, text in read_sources().items():
        path = check_path("The folder", folder) / f"{name}.ipynb"
        paths.append(path)
        if path.exists():
            kept.append(path)
            continue
        with reporting_os_errors(CourseError, "write", path, hint="Choose another folder."):
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(path) as temporary:
                temporary.write_text(convert(text), encoding="utf-8")
    return paths, kept


def read_sources() -> dict[str, str]:
    """Return the Markdown of every notebook by its name, in the order of the course."""
    sources = (file for file in files(__package__).iterdir() if file.name.endswith(".md"))
    return {
        file.name.removesuffix(".md"): file.read_text("utf-8") for file in sorted(sources, key=lambda file: file.name)
    }


def convert(text: str) -> str:
    """Return the text of a notebook without outputs.

    Args:
        text: Markdown, whose blocks of Python become code cells.
    """
    return render_notebook(_split(text))


def _split(text: str) -> Iterator[Cell]:
    """Yield the cells.

    >>> [cell.kind for cell in _split("# One\\n\\n```python\\n1 + 1\\n```\\n\\nTwo.\\n")]
    ['markdown', 'code', 'markdown']
    """
    for number, part in enumerate(re.split(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)):
        if part.strip():
            yield Cell("code" if number % 2 else "markdown", part.strip("\n"))
