"""Tables that a course system exports or a spreadsheet saves, as CSV."""

import csv
import io
from pathlib import Path

from keras_cnn_course.errors import HomeworkError, reporting_os_errors

__all__ = ["read_spreadsheet", "read_utf"]

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


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

    If a row has more cells than there are columns, the others are in a list under None, as in `csv.DictReader`.

    Raises:
        HomeworkError: it cannot be read, has another encoding, or is no such table.
    """
    text = read_utf(path)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
        return list(reader.fieldnames or []), list(reader)
    except csv.Error as error:
        raise HomeworkError(f"{path} is not a table in CSV: {error}.") from error
