"""Plain text tables that stay whole when piped."""

from collections.abc import Sequence

__all__ = ["format_table"]


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Return a table as text, two spaces between columns; the first `left` columns flush left, the others right.

    >>> print(format_table(["run", "epochs"], [["cnn-001", "4"], ["mlp", "12"]]))
    run      epochs
    cnn-001       4
    mlp          12
    """
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
