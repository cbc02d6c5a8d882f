"""The text of history.csv: one row of numbers per epoch."""

import csv
import io
import math
from collections.abc import Mapping, Sequence

__all__ = ["HISTORY_COLUMNS", "format_history", "parse_history"]

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


def format_history(rows: Sequence[Mapping[str, float]]) -> str:
    """Return the text of history.csv, one row per epoch with the columns of `HISTORY_COLUMNS`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HISTORY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def parse_history(text: str) -> dict[str, list[float]]:
    """Return one list of numbers per column.

    Raises:
        ValueError: a column is missing, a value is not a finite number, or the epochs are not 1, 2, 3 and so on.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if missing := set(HISTORY_COLUMNS) - set(reader.fieldnames or ()):
        raise ValueError(f"no {', '.join(sorted(missing))}")
    columns = {column: [_parse(row[column] or "") for row in rows] for column in HISTORY_COLUMNS}
    if columns["epoch"] != list(range(1, len(rows) + 1)):
        raise ValueError("the epochs are not 1, 2, 3 and so on")
    return columns


def _parse(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not finite")
    return number
