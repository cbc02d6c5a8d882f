"""Tables that a course system exports or a spreadsheet saves, as CSV."""

import csv
import io
import re
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import HomeworkError, reporting_os_errors

__all__ = ["read_columns", "read_spreadsheet", "read_utf", "refuse_other_table"]

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SEPARATOR_LINE = re.compile(r'\s*"?sep=([^"\w\r\n])"?[^\S\r\n]*[\r\n]+', re.IGNORECASE)  # Excel's hint
_QUOTED = re.compile(r'"[^"]*"')
_LINE = re.compile(r"[^\r\n]*\S[^\r\n]*")


def read_utf(path: Path) -> str:
    """Return the text of a file in UTF-8 or UTF-16, with its line ends.

    In another encoding, letters with accents would become other letters, and so ids and names other people's.

    Raises:
        HomeworkError: it cannot be read, or has another encoding.
    """
    with reporting_os_errors(HomeworkError, "read", path):
        content = path.read_bytes()
    try:
        return content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise HomeworkError(
            f"{path} is not saved in UTF-8, so its letters with accents cannot be read. Save it in UTF-8; in Excel, "
            "choose the file type CSV UTF-8."
        ) from error


def read_spreadsheet(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns and the rows of a table whose cells are separated by commas, semicolons or tabs.

    Empty lines above the columns, and a first line such as `sep=;`, are no part of the table.

    Raises:
        HomeworkError: it cannot be read, has another encoding, is no such table, or has a row with more cells than
            columns.
    """
    columns, rows = _parse(read_utf(path), source=path)
    for row in rows:
        if any(map(str.strip, row.pop(None, []))):
            raise HomeworkError(
                f"{path} has a row with more cells than columns: {', '.join(row.values())}, ... Put a cell in quotes "
                "if it contains the sign that separates the columns."
            )
    return columns, rows


def read_columns(path: Path) -> list[str]:
    """Return the columns of a table, whatever its rows are.

    Raises:
        HomeworkError: it cannot be read, has another encoding, or is no table in CSV.
    """
    return _parse(read_utf(path), source=path)[0]


def refuse_other_table(path: Path, text: str, *, what: str, option: str = "--out") -> None:
    """Check that a table may be written to a path: nothing is there, or a table with the same columns.

    Args:
        text: the table to write.
        what: names the kind of the table, with an article.
        option: with which the user chose the path.

    Raises:
        HomeworkError: it is some other file, and would be lost.
    """
    if path.is_file() and read_columns(path) not in ([], _parse(text, source=path)[0]):
        raise HomeworkError(f"{path} exists and is not {what}. Choose another {option}, or move the file away.")


def _parse(text: str, *, source: Path) -> tuple[list[str], list[dict[Any, Any]]]:
    """Return the columns and the rows; cells for which there is no column are in a list under None."""
    hint = _SEPARATOR_LINE.match(text)
    text = text[hint.end() :] if hint else text
    first = _LINE.search(_QUOTED.sub("", text))
    delimiter = hint[1] if hint else max(",;\t", key=first[0].count) if first else ","
    stream = io.StringIO(text, newline="")
    try:
        columns = next((row for row in csv.reader(stream, delimiter=delimiter) if any(map(str.strip, row))), [])
        rows = list(csv.DictReader(stream, columns, delimiter=delimiter, restval=""))
    except csv.Error as error:
        raise HomeworkError(f"{source} is not a table in CSV: {error}.") from error
    return columns, rows
