"""Marks as Canvas and Moodle import them: the table that they export, with the marks filled in.

Both match people by their own numbers, so the roster must be their own export. Cells that are not filled in stay as
they are, except that no cell is a formula for a spreadsheet.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.grading.reports import escape_formula
from keras_cnn_course.homework.grading.roster import IN_ENGLISH, Roster
from keras_cnn_course.homework.grading.spreadsheets import refuse_other_table

__all__ = ["FORMATS", "Mark", "check_gradebook", "render_gradebook"]

FORMATS = ("canvas", "moodle")
_CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Section")
_POINTS = "points possible"
_THIN = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3}(?!\d))")  # between thousands: 1 000
_PLAIN = re.compile(r"(?P<whole>\d+)([.,](?P<decimals>\d+))?")
_GROUPED = re.compile(r"(?P<whole>[1-9]\d{0,2}(?:(?P<sign>[.,])\d{3})+)((?!(?P=sign))[.,](?P<decimals>\d+))?")
_NUMBER = re.compile(r"-|[+-]?\d+([.,]\d+)?")


@dataclass(frozen=True)
class Mark:
    """A student's mark.

    Args:
        comment: for the student.
    """

    student: str
    score: float
    max_score: float
    comment: str = ""


def render_gradebook(
    file_format: str, roster: Roster, marks: Mapping[str, Mark], *, assignment: str = "Homework"
) -> tuple[str, list[str]]:
    """Return the file to upload, and notes on what is special in it.

    Args:
        file_format: `canvas` or `moodle`.
        marks: by the student's id in the roster. Whoever has none keeps the cell of the roster.
        assignment: Canvas's column, with or without its number, such as `Homework (4314)`.

    Raises:
        HomeworkError: the roster is no export of this system, or the marks are of exercises without points.
    """
    if any(not mark.max_score for mark in marks.values()):
        raise HomeworkError(
            "There are no marks for a gradebook: the graded exercises are optional and have no points. To see how the "
            "class did, use kcnn homework stats."
        )
    render = _render_canvas if file_format == "canvas" else _render_moodle
    return render(roster, marks, assignment)


def check_gradebook(file_format: str, path: Path, text: str) -> None:
    """Check that a gradebook may be written to a path: nothing is there, or a gradebook with the same columns.

    Raises:
        HomeworkError: it is some other file.
    """
    refuse_other_table(path, text, what=f"a gradebook for {file_format.title()} with the columns of this one")


def _render_canvas(roster: Roster, marks: Mapping[str, Mark], assignment: str) -> tuple[str, list[str]]:
    if "Student" not in roster.columns or "ID" not in roster.columns:
        raise HomeworkError(
            f"{roster.path} is not an export of Canvas's gradebook: it has no columns Student and ID. In Canvas, "
            "export it under Grades, Export."
        )
    with_number = re.compile(rf"{re.escape(assignment)}( \(\d+\))?")
    fitting = [name for name in roster.columns if with_number.fullmatch(name)]
    if len(fitting) > 1 and assignment not in fitting:
        raise HomeworkError(
            f"{roster.path} has several columns for {assignment}: {', '.join(fitting)}. Choose one of them, for "
            f'example --assignment "{fitting[0]}".'
        )
    column = assignment if assignment in fitting or not fitting else fitting[0]
    columns = [name for name in _CANVAS_COLUMNS if name in roster.columns]
    possible_row = next((row for row in roster.others if row["Student"].strip().casefold() == _POINTS), {})
    worth = max((mark.max_score for mark in marks.values()), default=100.0)
    possible = _read_maximum(possible_row.get(column, ""), what=f"The points possible of {column} in {roster.path}")
    possible = possible or worth
    rows = [{"Student": "    Points Possible", column: f"{possible:g}"}]
    for person in roster.people:
        cells = {name: person.row[name] for name in columns}
        rows.append({**cells, column: _scaled(marks.get(person.student), possible, person.row.get(column, ""))})
    notes = [] if fitting else [f"{roster.path} has no column {assignment}: Canvas will make a new assignment of it."]
    if marks and possible != worth:
        notes.append(f"{worth:g} points are scaled to Canvas's {possible:g}.")
    return _render([*columns, column], rows), notes


def _render_moodle(roster: Roster, marks: Mapping[str, Mark], _: str) -> tuple[str, list[str]]:
    names = {name.strip().casefold(): name for name in roster.columns}
    if "identifier" not in names or "grade" not in names:
        raise HomeworkError(
            f"{roster.path} is not a grading worksheet of Moodle: it has no columns Identifier and Grade. In Moodle, "
            "download it from the assignment's submissions (Actions, Download grading worksheet). Its columns are: "
            f"{', '.join(roster.columns)}. {IN_ENGLISH}"
        )
    grade, most = names["grade"], names.get("maximum grade", "")
    changeable, feedback = names.get("grade can be changed", ""), names.get("feedback comments", "")
    rows, notes, scales = [], [], set()
    for person in roster.people:
        row, mark = dict(person.row), marks.get(person.student)
        most_points = _read_maximum(row.get(most, ""), what=f"The maximum grade of {person.student} in {roster.path}")
        if mark is not None and row.get(changeable, "").strip().casefold() == "no":
            notes.append(f"Moodle does not let the grade of {person.student} be changed.")
        elif mark is not None:
            possible = most_points or mark.max_score
            scales.add((mark.max_score, possible))
            row[grade] = _scaled(mark, possible, "")
            row.update({feedback: mark.comment} if feedback and mark.comment else {})
        rows.append(row)
    for worth, possible in sorted(scales):
        notes += [f"{worth:g} points are scaled to Moodle's {possible:g}."] if worth != possible else []
    return _render(roster.columns, rows), notes


def _scaled(mark: Mark | None, possible: float, otherwise: str) -> str:
    return otherwise if mark is None else f"{round(mark.score * possible / mark.max_score, 2):g}"


def _read_maximum(text: str, *, what: str) -> float:
    """Return a number such as 10, 12.5, 12,50, 1,000.00 or 1.000,00; 0 if nothing is written.

    Args:
        what: the text is, for the message.

    Raises:
        HomeworkError: it is no number, or could be two: 1,000 is one or a thousand.
    """
    number = _THIN.sub("", text.strip()) or "0"
    readings = [found for pattern in (_PLAIN, _GROUPED) if (found := pattern.fullmatch(number)) is not None]
    if len(readings) != 1:
        raise HomeworkError(
            f"{what} is {text.strip()!r}, which is no clear number, so points cannot be scaled to it. Write it like "
            "1000 or 12.5. If the assignment is graded by words, set it to points and export it again."
        )
    whole = re.sub(r"\D", "", readings[0]["whole"])
    return float(f"{whole}.{readings[0]['decimals'] or 0}")


def _render(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(map(_safe_cell, columns))
    writer.writerows([_safe_cell(row.get(name, "")) for name in columns] for row in rows)
    return stream.getvalue()


def _safe_cell(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else escape_formula(text)
