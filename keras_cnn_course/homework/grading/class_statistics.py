"""What a graded class says together: which exercises and checks were hard, and which mistakes were made."""

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keras_cnn_course.errors import HomeworkError

__all__ = ["CheckStatistics", "ExerciseStatistics", "read_statistics"]


@dataclass(frozen=True)
class CheckStatistics:
    """How many passed one check of an exercise.

    Args:
        name: of the check; with `graded: ` before it, of its graded cases.
        passed: how many of those who began the exercise.
        begun: how many began it.
    """

    name: str
    passed: int
    begun: int


@dataclass(frozen=True)
class ExerciseStatistics:
    """How a class did in one exercise.

    Args:
        exercise: its name.
        points: that it is worth.
        submissions: that were graded.
        begun: how many began it.
        passed: how many passed it.
        mean: of the points, over all that were graded.
        median: likewise.
        checks: in their order.
        diagnoses: with how many got each, most frequent first.
    """

    exercise: str
    points: int
    submissions: int
    begun: int
    passed: int
    mean: float
    median: float
    checks: tuple[CheckStatistics, ...]
    diagnoses: tuple[tuple[str, int], ...]


def read_statistics(text: str, *, source: str) -> list[ExerciseStatistics]:
    """Return the statistics of what `kcnn homework grade --format json` has written.

    Args:
        text: of that file.
        source: its name, for errors.

    Raises:
        HomeworkError: it is something else.
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
        raise HomeworkError(
            f"Expected {source} as `kcnn homework grade --format json` writes it. Received: {error!r}"
        ) from error


def _summarize(name: str, results: Sequence[Mapping[str, Any]]) -> ExerciseStatistics:
    begun = [result for result in results if not result["is_untouched"]]
    scores = [float(result["score"]) for result in results]
    diagnoses = Counter(str(result["diagnosis"]) for result in begun if result["diagnosis"])
    return ExerciseStatistics(
        exercise=name,
        points=int(results[0]["points"]),
        submissions=len(results),
        begun=len(begun),
        passed=sum(bool(result["passed"]) for result in begun),
        mean=round(statistics.mean(scores), 2),
        median=round(statistics.median(scores), 2),
        checks=(
            *_count_checks([result["passed_checks"] for result in begun], prefix=""),
            *_count_checks([result["passed_hidden_checks"] for result in begun], prefix="graded: "),
        ),
        diagnoses=tuple(diagnoses.most_common()),
    )


def _count_checks(passed: Sequence[Mapping[str, bool]], *, prefix: str) -> list[CheckStatistics]:
    names = dict.fromkeys(name for checks in passed for name in checks)
    return [
        CheckStatistics(prefix + name, sum(bool(checks.get(name)) for checks in passed), len(passed)) for name in names
    ]
