"""Results that `kcnn homework grade --format json` wrote, read again: for gradebooks, feedback and statistics."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.grading.spreadsheets import read_utf
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult, ExerciseResult

__all__ = ["SavedResult", "read_results"]


@dataclass(frozen=True)
class SavedResult:
    """The result of one submission.

    Args:
        submission: its path below the folder that was graded.
        score: all points; None if there is no mark.
        message: for the instructor. It may name other students.
    """

    submission: str
    student: str
    score: float | None
    max_score: float
    message: str
    exercises: tuple[ExerciseResult, ...]


def read_results(path: Path) -> list[SavedResult]:
    """Return the results in a file.

    Raises:
        HomeworkError: it is some other file, or cannot be read.
    """
    text = read_utf(path)
    try:
        return [_read_result(entry) for entry in json.loads(text)["submissions"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HomeworkError(
            f"{path} was not written by `kcnn homework grade --format json` ({type(error).__name__}: {error})."
        ) from error


def _read_result(entry: Mapping[str, Any]) -> SavedResult:
    score = None if entry["score"] is None else float(entry["score"])
    exercises = tuple(map(_read_exercise, entry["exercises"]))
    labels = str(entry["submission"]), str(entry["student"])
    return SavedResult(*labels, score, float(entry["max_score"]), str(entry["message"]), exercises)


def _read_exercise(values: Mapping[str, Any]) -> ExerciseResult:
    return ExerciseResult(
        exercise=values["exercise"],
        points=values["points"],
        public=tuple(map(_read_check, values["public"])),
        hidden=tuple(map(_read_check, values["hidden"])),
        is_untouched=values["is_untouched"],
        stand_ins=tuple(values["stand_ins"]),
        printed=values["printed"],
    )


def _read_check(values: Mapping[str, Any]) -> CheckResult:
    cases = tuple(CaseResult(each["number"], each["seed"], _read_problem(each["problem"])) for each in values["cases"])
    return CheckResult(
        **{**values, "cases": cases, "diagnosis": _read_problem(values["diagnosis"])},
    )


def _read_problem(values: Mapping[str, Any] | None) -> Problem | None:
    return None if values is None else Problem(**{**values, "suspects": tuple(values["suspects"])})
