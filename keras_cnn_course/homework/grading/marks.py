"""A file of marks that is written again: rows of submissions that were not graded this time are kept.

A row is replaced by the new row of the same submission, unless both name different students: many hand-ins are called
hw.zip. So one that is graded alone, and whose student is unknown, does not replace a student's mark. A submission that
is graded alone has a shorter label, so the only row with the same student id and a submission that ends in the same
path is replaced, too. Course systems give a new name to what a student hands in again: its row replaces one of the same
person that was not given this time. All other rows stay.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import HomeworkError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.grading.platforms import find_owners
from keras_cnn_course.homework.grading.reports import (
    csv_header,
    csv_row,
    json_entry,
    plain_cell,
    render_csv_rows,
    render_json,
)
from keras_cnn_course.homework.grading.spreadsheets import read_columns, read_spreadsheet, read_utf
from keras_cnn_course.homework.grading.submission_results import SHARED_ID, SubmissionResult
from keras_cnn_course.homework.grading.submissions import list_names

__all__ = ["Marks", "ends_alike", "read_marks"]

_OTHER = "Choose another --out, or move the file away."
_TIME_OF_ATTEMPT = re.compile(r"_\d{4}(-\d\d){5}$")
_DECIMAL_COMMA = re.compile(r"\d+,\d+")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Marks:
    """A file of marks, and the rows that it had before.

    Args:
        file_format: `csv` or `json`.
        exercises: that are graded.
        isolation: the level of isolation, for the record.
        order: labels of the submissions in the order of their rows; empty to add new rows at the end.
        given: the submissions of this grading, as their rows name them.
    """

    path: Path
    file_format: str
    exercises: Sequence[Exercise]
    isolation: str = ""
    earlier: Sequence[Row] = ()
    order: Sequence[str] = ()
    given: Collection[str] = ()

    def make_row(self, result: SubmissionResult) -> Row:
        """Return the row of a result."""
        return json_entry(result) if self.file_format == "json" else csv_row(result, self.exercises)

    def with_rows(self, rows: Sequence[Row]) -> "Marks":
        """Return the file with these rows, in place of earlier ones of the same submissions."""
        return replace(self, earlier=self._merge(rows)[0])

    def find_resubmitted(self, row: Row) -> list[str]:
        """Return the submissions whose rows a new one replaces because the same person has handed in again."""
        earlier = [_key(self.earlier[place])[0] for place in self._find_places(row)]
        return [label for label in earlier if not ends_alike(label, _key(row)[0])]

    def list_students(self, results: Sequence[SubmissionResult]) -> set[str]:
        """Return the ids in the rows of the file with these results, as the file has them."""
        return {_key(row)[1] for row in self._merge([self.make_row(result) for result in results])[0]}

    def write(self, results: Sequence[SubmissionResult]) -> tuple[int, int]:
        """Write the results and the earlier rows.

        Returns:
            The number of results that replaced earlier rows, and the number of earlier rows that were kept.

        Raises:
            HomeworkError: the file cannot be written.
        """
        rows, replaced, kept = self._merge([self.make_row(result) for result in results])
        places = {label: place for place, label in enumerate(self.order)}
        rows.sort(key=lambda row: places.get(_key(row)[0], -1))
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
        return replaced, kept

    def _merge(self, rows: Sequence[Row]) -> tuple[list[Row], int, int]:
        """Return the earlier rows with new ones in their places, then the other new ones; and counts as `write`."""
        places: dict[int, Row | None] = {}
        added: list[Row] = []
        for row in rows:
            free = [place for place in self._find_places(row) if place not in places]
            if free:
                before, now = _key(self.earlier[free[0]])[0], _key(row)[0]
                longer = self.earlier[free[0]] if before.endswith(f"/{now}") else row
                places.update({**dict.fromkeys(free), free[0]: {**row, "submission": longer["submission"]}})
            else:
                added.append(row)
        merged = [places.get(place, row) for place, row in enumerate(self.earlier)]
        replaced = len(rows) - len(added)
        return [*filter(None, merged), *added], replaced, len(self.earlier) - len(places)

    def _find_places(self, row: Row) -> list[int]:
        """Return the places of the earlier rows that a new one replaces; none if it is not clear which."""
        submission, student = _key(row)[0], _key(row)[1].casefold()
        keys = [(place, label, other.casefold()) for place, (label, other) in enumerate(map(_key, self.earlier))]
        exact = [(place, other) for place, label, other in keys if label == submission]
        exact.sort(key=lambda each: self.earlier[each[0]]["submission"] != row["submission"])  # as it is typed
        same = [place for place, other in exact if other == student]
        unknown = [
            place for place, other in exact if not other or (not student and self._may_replace(submission, place))
        ]
        if same or len(unknown) == 1:
            return [*same, *unknown][:1]
        if not student:
            return []
        similar = [place for place, label, other in keys if other == student and ends_alike(label, submission)]
        if similar:
            return similar if len(similar) == 1 else []
        return [
            place
            for place, label, other in keys
            if label not in self.given and other in ("", student) and _is_same_person(label, submission)
        ]

    def _may_replace(self, submission: str, place: int) -> bool:
        """Return whether a submission of nobody known may replace an earlier row of the same name.

        A name without a folder says whose it is only among others: graded alone, any hand-in may be called hw.zip.
        """
        has_mark = self.earlier[place].get("score") not in ("", None)
        return not has_mark or "/" in submission or len(self.given) > 1


def read_marks(
    path: Path, *, file_format: str, exercises: Sequence[Exercise], isolation: str = "", given: Sequence[str] = ()
) -> Marks:
    """Return a file of marks with the rows that it has now, if it exists.

    Args:
        given: labels of the submissions that are graded now.

    Raises:
        HomeworkError: it is some other file, or has marks for other exercises. Nothing is overwritten.
    """
    earlier: Sequence[Row] = []
    if path.exists() and read_utf(path).strip():
        earlier = _parse_json(path, exercises) if file_format == "json" else _parse_csv(path, exercises)
        _refuse_other_points(path, earlier, sum(exercise.points for exercise in exercises))
    names = given if file_format == "json" else map(plain_cell, given)
    return Marks(path, file_format, exercises, isolation, earlier, given=frozenset(map(_compose, names)))


def _parse_csv(path: Path, exercises: Sequence[Exercise]) -> Sequence[Row]:
    columns = read_columns(path)
    header = csv_header(exercises)
    if columns[:5] != header[:5]:
        raise HomeworkError(f"{path} exists and is not a table of marks by `kcnn homework grade`. {_OTHER}")
    if columns != header:
        raise HomeworkError(f"{path} has marks for other exercises: {', '.join(columns[5:-2]) or 'none'}. {_OTHER}")
    return [
        {name: _point(cell) if name in header[3:-1] else cell for name, cell in row.items()}
        for row in read_spreadsheet(path)[1]
    ]


def _point(cell: str) -> str:
    """Return a number with a decimal point. Many spreadsheets save it with a comma."""
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _parse_json(path: Path, exercises: Sequence[Exercise]) -> Sequence[Row]:
    try:
        entries: Sequence[Row] = json.loads(read_utf(path))["submissions"]
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


def _refuse_other_points(path: Path, rows: Sequence[Row], points: int) -> None:
    """Check that the rows are out of the same points, so that marks of a class can be compared."""
    others = {str(row.get("max_score")) for row in rows} - {str(points)}
    if others:
        raise HomeworkError(
            f"{path} has marks out of {min(others)} points, and the exercises have {points} now. Grade the whole class "
            f"again. {_OTHER}"
        )


def _note_shared_id(row: Row, rows: Sequence[Row]) -> Row:
    """Return a row, with a note if another row has the same student id and this is not noted yet."""
    submission, student = _key(row)
    others = [name for name, other in map(_key, rows) if name != submission and other.casefold() == student.casefold()]
    message = str(row.get("message") or "")
    if not student or not others or SHARED_ID in message:
        return row
    return {**row, "message": f"{message} {SHARED_ID} {list_names(others)}.".strip()}


@lru_cache(maxsize=1 << 14)
def _find_person(label: str) -> tuple[str, bool]:
    """Return what is the same for all submissions of one person, and whether it is from a course system.

    The label of loose files is the person itself.
    """
    parts = label.split("/")
    owner = next(iter(find_owners(parts)), None)
    is_attempt = _TIME_OF_ATTEMPT.search(parts[-1]) is not None and (owner is None or owner.is_guess)
    key = parts[-1] if owner is None or is_attempt else owner.key
    return _TIME_OF_ATTEMPT.sub("_attempt", key), owner is not None or is_attempt


def _is_same_person(first: str, second: str) -> bool:
    (person, is_certain), (other, is_other_certain) = _find_person(first), _find_person(second)
    return person == other and (is_certain or is_other_certain)


def ends_alike(first: str, second: str) -> bool:
    """Return whether one of two paths is the end of the other."""
    longer, shorter = sorted((f"/{first}", f"/{second}"), key=len, reverse=True)
    return longer.endswith(shorter)


def _key(row: Row) -> tuple[str, str]:
    return _compose(str(row["submission"])), str(row["student"])


def _compose(label: str) -> str:
    """Return a label in Unicode's composed form. Version 0.1 wrote it as the file system had it."""
    return unicodedata.normalize("NFC", label)
