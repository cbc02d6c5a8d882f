"""Statistics of a graded class: which exercises and checks were hard, and which mistakes were frequent."""

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keras_cnn_course.errors import HomeworkError

__all__ = ["CheckStatistics", "ExerciseStatistics", "read_scores", "read_statistics"]


@dataclass(frozen=True)
class CheckStatistics:
    """The number of students who passed one check of an exercise.

    Args:
        name: of the check; prefixed with `graded: ` for its graded cases.
        started: number of students who started the exercise.
    """

    name: str
    passed: int
    started: int


@dataclass(frozen=True)
class ExerciseStatistics:
    """A class's results in one exercise.

    Args:
        exercise: its name.
        points: the most that can be earned.
        submissions: number of graded submissions.
        started: number of students who started the exercise.
        mean: of the points, over all graded submissions.
        median: of the points, likewise.
        diagnoses: pairs of a diagnosis and its frequency, most frequent first.
    """

    exercise: str
    points: int
    submissions: int
    started: int
    passed: int
    mean: float
    median: float
    checks: tuple[CheckStatistics, ...]
    diagnoses: tuple[tuple[str, int], ...]


def read_statistics(text: str, *, source: str) -> list[ExerciseStatistics]:
    """Return the statistics of a file written by `kcnn homework grade --format json`.

    Args:
        text: of the file.
        source: name of the file, for error messages.

    Raises:
        HomeworkError: it is some other file.
    """
    try:
        graded = [entry for entry in json.loads(text)["submissions"] if entry["status"] == "graded"]
        names = list(dict.fromkeys(result["exercise"] for entry in graded for result in entry["exercises"]))
        by_name = {
            name: [result for entry in graded for result in entry["exercises"] if result["exercise"] == name]
            for name in names
        }
        return [_summarize(name, results) for name, results in by_name.items()]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refuse(source, error) from error


def read_scores(text: str, *, source: str) -> tuple[list[float], float]:
    """Return the points of each graded submission, and the most that can be earned, from such a file.

    Raises:
        HomeworkError: it is some other file.
    """
    try:
        graded = [entry for entry in json.loads(text)["submissions"] if entry["status"] == "graded"]
        return [float(entry["score"]) for entry in graded], max(
            (float(each["max_score"]) for each in graded), default=1.0
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refuse(source, error) from error


def _refuse(source: str, error: Exception) -> HomeworkError:
    return HomeworkError(
        f"{source} was not written by `kcnn homework grade --format json` ({type(error).__name__}: {error})."
    )


def _summarize(name: str, results: Sequence[Mapping[str, Any]]) -> ExerciseStatistics:
    started = [result for result in results if not result["is_untouched"]]
    scores = [float(result["score"]) for result in results]
    diagnoses = Counter(str(result["diagnosis"]) for result in started if result["diagnosis"])
    return ExerciseStatistics(
        exercise=name,
        points=int(results[0]["points"]),
        submissions=len(results),
        started=len(started),
        passed=sum(bool(result["passed"]) for result in started),
        mean=round(statistics.mean(scores), 2),
        median=round(statistics.median(scores), 2),
        checks=(
            *_count_checks([result["passed_checks"] for result in started], prefix=""),
            *_count_checks([result["passed_hidden_checks"] for result in started], prefix="graded: "),
        ),
        diagnoses=tuple(diagnoses.most_common()),
    )


def _count_checks(passed: Sequence[Mapping[str, bool]], *, prefix: str) -> list[CheckStatistics]:
    names = dict.fromkeys(name for checks in passed for name in checks)
    return [
        CheckStatistics(prefix + name, sum(bool(checks.get(name)) for checks in passed), len(passed)) for name in names
    ]
