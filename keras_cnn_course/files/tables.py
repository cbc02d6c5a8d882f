"""Plain text for a terminal: tables, lines broken where the terminal ends, and numbers with their nouns."""

import shutil
import sys
import textwrap
from collections.abc import Sequence

__all__ = ["count", "format_table", "page_width", "wrap"]


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
