"""What commands print and store: plain text tables, JSON, and arrays next to pictures."""

import json
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.printable import printable

if TYPE_CHECKING:
    import numpy as np

__all__ = ["count", "echo_json", "echo_notes", "format_table", "page_width", "save_arrays", "wrap"]


def page_width(*, without_terminal: int = 80) -> int:
    """Return the columns of the terminal, or of the environment variable COLUMNS; 80 where there is neither."""
    return max(40, shutil.get_terminal_size((without_terminal, 24)).columns)


def wrap(text: str, *, indent: int = 0) -> str:
    """Break lines of text where the terminal ends, but never a word; what follows a break is indented.

    >>> print(wrap("cnn  One convolution block, then a dense classifier of 512 units and ten outputs.", indent=5))
    cnn  One convolution block, then a dense classifier of 512 units and ten
         outputs.
    """
    return "\n".join(
        textwrap.fill(
            line, page_width(), subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
        )
        for line in text.splitlines()
    )


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Return a table as text: the first `left` columns flush left, the others flush right.

    In a terminal that is too narrow, columns that do not fit follow below, with the first column repeated. A pipe or a
    file has one line per row, however long.

    >>> print(format_table(["run", "epochs"], [["cnn-001", "4"], ["mlp", "12"]]))
    run      epochs
    cnn-001       4
    mlp          12
    """
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    blocks: list[list[int]] = [[]]
    for column in range(1, len(header)):
        if blocks[-1] and sum(widths[each] + 2 for each in (0, *blocks[-1], column)) - 2 > _table_width():
            blocks.append([])
        blocks[-1].append(column)
    return "\n\n".join(
        "\n".join(
            "  ".join(
                line[column].ljust(widths[column]) if column < left else line[column].rjust(widths[column])
                for column in (0, *block)
            ).rstrip()
            for line in lines
        )
        for block in blocks
    )


def _table_width() -> int:
    return page_width(without_terminal=sys.maxsize)


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "run"), count(1200, "run")
    ('1 run', '1,200 runs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def echo_json(values: Any) -> None:
    """Print values as indented JSON."""
    click.echo(json.dumps(values, indent=2))


def echo_notes(notes: Sequence[str]) -> None:
    """Print what was left out, converted or assumed to stderr, one line each."""
    for note in notes:
        click.echo(printable(f"Note: {note}"), err=True)


def save_arrays(arrays: "Mapping[str, np.ndarray]", path: Path) -> None:
    """Write arrays by name as an .npz, and print its path and the names. An interrupted write leaves no file.

    Raises:
        RunError: it cannot be written.
    """
    import numpy as np

    from keras_cnn_course.files.atomic import atomic_file

    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another --out."),
        atomic_file(path) as temporary,
    ):
        np.savez(temporary, allow_pickle=False, **arrays)
    click.echo(f"{path} ({', '.join(arrays)})")
