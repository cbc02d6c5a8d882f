"""A file of marks that is written again: rows of submissions that were not graded this time are kept.

A row is replaced by the new row of the same submission, unless both name different students: many hand-ins are called
hw.zip. A submission that is graded alone has a shorter label, so the only row with the same student id and a submission
that ends in the same path is replaced, too. All other rows stay.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import HomeworkError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.grading.reports import csv_header, csv_row, json_entry, render_csv_rows, render_json
from keras_cnn_course.homework.grading.submission_results import SHARED_ID, SubmissionResult
from keras_cnn_course.homework.grading.submissions import list_names

__all__ = ["Marks", "read_marks"]

_OTHER = "Choose another --out, or move the file away."
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Marks:
    """A file of marks, and the rows that it had before.

    Args:
        file_format: `csv` or `json`.
        exercises: that are graded.
        isolation: the level of isolation, for the record.
        order: labels of the submissions in the order of their rows; empty to add new rows at the end.
    """

    path: Path
    file_format: str
    exercises: Sequence[Exercise]
    isolation: str = ""
    earlier: Sequence[Row] = ()
    order: Sequence[str] = ()

    def make_row(self, result: SubmissionResult) -> Row:
        """Return the row of a result."""
        return json_entry(result) if self.file_format == "json" else csv_row(result, self.exercises)

    def with_rows(self, rows: Sequence[Row]) -> "Marks":
        """Return the file with these rows, in place of earlier ones of the same submissions."""
        return replace(self, earlier=_merge(self.earlier, rows)[0])

    def write(self, results: Sequence[SubmissionResult]) -> tuple[int, int]:
        """Write the results and the earlier rows; return how many of these were replaced, and how many were kept.

        Raises:
            HomeworkError: the file cannot be written.
        """
        rows, replaced = _merge(self.earlier, [self.make_row(result) for result in results])
        places = {label: place for place, label in enumerate(self.order)}
        rows.sort(key=lambda row: places.get(str(row["submission"]), -1))
        rows = [_note_shared_id(row, rows) for row in rows]
        if self.file_format == "json":
            text, encoding = render_json(rows, isolation=self.isolation), "utf-8"
        else:
            text, encoding = render_csv_rows(rows, self.exercises), "utf-8-sig"  # Excel reads UTF-8 only with a mark
        with (
            reporting_os_errors(HomeworkError, "write", self.path, hint="Choose another --out."),
            atomic_file(self.path) as temporary,
        ):
            temporary.write_text(text, encoding=encoding, newline="")
        return replaced, len(self.earlier) - replaced


def read_marks(path: Path, *, file_format: str, exercises: Sequence[Exercise], isolation: str = "") -> Marks:
    """Return a file of marks with the rows that it has now, if it exists.

    Raises:
        HomeworkError: it is some other file, or has marks for other exercises. Nothing is overwritten.
    """
    earlier: Sequence[Row] = []
    if path.exists():
        with reporting_os_errors(HomeworkError, "read", path):
            text = path.read_text(encoding="utf-8-sig", errors="replace")
        if text.strip():
            earlier = _parse_json(path, text, exercises) if file_format == "json" else _parse_csv(path, text, exercises)
    return Marks(path, file_format, exercises, isolation, earlier)


def _parse_csv(path: Path, text: str, exercises: Sequence[Exercise]) -> Sequence[Row]:
    reader = csv.DictReader(io.StringIO(text), restval="")
    header = csv_header(exercises)
    columns = list(reader.fieldnames or [])
    if columns[:5] != header[:5]:
        raise HomeworkError(f"{path} exists and is not a table of marks by `kcnn homework grade`. {_OTHER}")
    if columns != header:
        raise HomeworkError(f"{path} has marks for other exercises: {', '.join(columns[5:-2]) or 'none'}. {_OTHER}")
    rows = list(reader)
    if any(None in row for row in rows):
        raise HomeworkError(f"{path} has a row with more cells than columns. {_OTHER}")
    return rows


def _parse_json(path: Path, text: str, exercises: Sequence[Exercise]) -> Sequence[Row]:
    try:
        entries: Sequence[Row] = json.loads(text)["submissions"]
        names = [[each["exercise"] for each in entry["exercises"]] for entry in entries if entry["status"] == "graded"]
        for entry in entries:
            _key(entry)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HomeworkError(f"{path} exists and was not written by `kcnn homework grade`. {_OTHER}") from error
    ours = [exercise.name for exercise in exercises]
    other = next((each for each in names if each != ours), None)
    if other is not None:
        raise HomeworkError(f"{path} has marks for other exercises: {', '.join(map(str, other))}. {_OTHER}")
    return entries


def _merge(earlier: Sequence[Row], rows: Sequence[Row]) -> tuple[list[Row], int]:
    """Return the earlier rows with new ones in their places, then the other new ones; and the number replaced."""
    places: dict[int, Row] = {}
    added: list[Row] = []
    for row in rows:
        place = _find_place(earlier, row)
        if place is None or place in places:
            added.append(row)
        else:
            before, now = _key(earlier[place])[0], _key(row)[0]
            places[place] = {**row, "submission": before if f"/{before}".endswith(f"/{now}") else now}
    return [*(places.get(place, row) for place, row in enumerate(earlier)), *added], len(places)


def _note_shared_id(row: Row, rows: Sequence[Row]) -> Row:
    """Return a row, with a note if another row has the same student id and this is not noted yet."""
    submission, student = _key(row)
    others = [name for name, other in map(_key, rows) if name != submission and other.casefold() == student.casefold()]
    message = str(row.get("message") or "")
    if not student or not others or SHARED_ID in message:
        return row
    return {**row, "message": f"{message} {SHARED_ID} {list_names(others)}.".strip()}


def _find_place(earlier: Sequence[Row], row: Row) -> int | None:
    submission, student = _key(row)
    exact = {place: _key(other)[1] for place, other in enumerate(earlier) if _key(other)[0] == submission}
    same = [place for place, other in exact.items() if other.casefold() == student.casefold()]
    unknown = [place for place, other in exact.items() if not other or not student]
    if same or len(unknown) == 1:
        return [*same, *unknown][0]
    similar = [
        place
        for place, other in enumerate(earlier)
        if student and _key(other)[1] == student and _ends_alike(_key(other)[0], submission)
    ]
    return similar[0] if len(similar) == 1 else None


def _ends_alike(first: str, second: str) -> bool:
    longer, shorter = sorted((f"/{first}", f"/{second}"), key=len, reverse=True)
    return longer.endswith(shorter)


def _key(row: Row) -> tuple[str, str]:
    return str(row["submission"]), str(row["student"])
