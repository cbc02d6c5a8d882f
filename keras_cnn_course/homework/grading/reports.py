"""Write marks in three formats: Gradescope's results.json, a table (CSV), and all details (JSON)."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from keras_cnn_course.homework.authoring.exercise import Exercise, find_exercise
from keras_cnn_course.homework.grading.submission_results import SubmissionResult
from keras_cnn_course.homework.judging.verdict import PUBLIC_SHARE, CheckResult, ExerciseResult
from keras_cnn_course.homework.sandbox.messages import printable
from keras_cnn_course.homework.student.checking import describe_check, describe_stand_ins

__all__ = [
    "csv_header",
    "csv_row",
    "escape_formula",
    "json_entry",
    "plain_cell",
    "render_csv",
    "render_csv_rows",
    "render_gradescope",
    "render_json",
]

# A spreadsheet treats a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render_gradescope(result: SubmissionResult, *, isolation: str, graded_visibility: str = "visible") -> str:
    """Return results.json for a submission: two tests per exercise, for its public and its graded cases.

    Args:
        result: of a submission that was graded or is unreadable.
        isolation: the level of isolation, for the record.
        graded_visibility: when students see the tests with graded cases.
    """
    tests = []
    for exercise_result in result.exercises:
        exercise = find_exercise(exercise_result.exercise)
        tests.append(_public_test(exercise, exercise_result))
        tests.append(_graded_test(exercise, exercise_result, graded_visibility))
    output = result.message or "Each exercise has public cases, the same as in `kcnn homework check`, and graded cases."
    values = {
        "score": result.score or 0,
        "execution_time": round(result.seconds, 2),
        "output": f"{output}\n{isolation}",
        "output_format": "text",
        "visibility": "visible",
        "tests": tests,
    }
    return json.dumps(values, indent=1) + "\n"


def render_csv(results: Sequence[SubmissionResult], exercises: Sequence[Exercise]) -> str:
    """Return a table: one row per submission, one column per exercise. Scores are empty if there is no mark."""
    return render_csv_rows([csv_row(result, exercises) for result in results], exercises)


def render_csv_rows(rows: Sequence[Mapping[str, Any]], exercises: Sequence[Exercise]) -> str:
    """Return a table of these rows."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, csv_header(exercises), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def csv_header(exercises: Sequence[Exercise]) -> list[str]:
    """Return the names of the table's columns."""
    names = [exercise.name for exercise in exercises]
    return ["submission", "student", "status", "score", "max_score", *names, "seconds", "message"]


def csv_row(result: SubmissionResult, exercises: Sequence[Exercise]) -> dict[str, str]:
    """Return a row of the table, by column."""
    scores = {exercise.exercise: f"{exercise.score:g}" for exercise in result.exercises}
    return {
        "submission": plain_cell(result.name),
        "student": plain_cell(result.student),
        "status": result.status,
        "score": "" if result.score is None else f"{result.score:g}",
        "max_score": str(result.max_score),
        **{exercise.name: scores.get(exercise.name, "") for exercise in exercises},
        "seconds": f"{result.seconds:.2f}",
        "message": plain_cell(result.message),
    }


def render_json(entries: Sequence[Mapping[str, Any]], *, isolation: str) -> str:
    """Return all details, with every case and its seed, in the format that `kcnn homework stats` reads."""
    values = {"course": version("keras-cnn-course"), "isolation": isolation, "submissions": list(entries)}
    return json.dumps(values, indent=1) + "\n"


def json_entry(result: SubmissionResult) -> dict[str, Any]:
    """Return all details of a submission."""
    return {
        "submission": result.name,
        "path": str(result.source),
        "student": result.student,
        "status": result.status,
        "message": result.message,
        "score": result.score,
        "max_score": result.max_score,
        "seconds": round(result.seconds, 3),
        "exercises": [_exercise_values(exercise) for exercise in result.exercises],
    }


def _exercise_values(result: ExerciseResult) -> dict[str, Any]:
    return {
        **asdict(result),
        "passed": result.passed,
        "score": result.score,
        "diagnosis": result.problem.key if result.problem else None,
        "passed_checks": {check.name: check.passed for check in result.public},
        "passed_hidden_checks": {check.name: check.passed for check in result.hidden},
    }


def _public_test(exercise: Exercise, result: ExerciseResult) -> dict[str, Any]:
    return _test(
        exercise,
        name=exercise.title,
        suffix="1",
        score=result.public_points,
        max_score=round(exercise.points * PUBLIC_SHARE, 2),
        checks=result.public,
        stand_ins=describe_stand_ins(result),
        visibility="visible",
    )


def _graded_test(exercise: Exercise, result: ExerciseResult, visibility: str) -> dict[str, Any]:
    return _test(
        exercise,
        name=f"{exercise.title} (graded cases)",
        suffix="2",
        score=result.hidden_points,
        max_score=round(exercise.points * (1 - PUBLIC_SHARE), 2),
        checks=result.hidden,
        stand_ins=describe_stand_ins(result),
        visibility=visibility,
    )


def _test(
    exercise: Exercise,
    *,
    name: str,
    suffix: str,
    score: float,
    max_score: float,
    checks: Sequence[CheckResult],
    stand_ins: Sequence[str],
    visibility: str,
) -> dict[str, Any]:
    """Return one test in Gradescope's format."""
    passed = all(check.passed for check in checks)
    output = "\n\n".join(filter(None, (describe_check(exercise, check) for check in checks)))
    if passed and score < max_score:
        output = "All checks passed, but the graded cases of the same checks did not, so some points are withheld."
    return {
        "name": name,
        "number": f"{exercise.number}.{suffix}",
        "score": score,
        "max_score": max_score,
        "status": "passed" if passed else "failed",
        "output": "\n\n".join(filter(None, [output or "All checks passed.", *stand_ins])),
        "output_format": "text",
        "visibility": visibility,
        "tags": [exercise.name, exercise.slide_key],
    }


def plain_cell(text: str) -> str:
    """Return a text as a cell that a spreadsheet shows as it is and does not compute."""
    return escape_formula(printable(" ".join(text.split())))


def escape_formula(text: str) -> str:
    """Return a cell as it is, but with an apostrophe in front if a spreadsheet would compute it."""
    first = next((letter for letter in text if letter.isprintable() and not letter.isspace()), "")
    return f"'{text}" if first in _FORMULA else text
