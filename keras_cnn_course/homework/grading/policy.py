"""The course's rules for marks: late days, and exercises that do not count. A small table in TOML.

drop_lowest = 1          # the exercise with the smallest share of its points does not count
free_days = 2            # late days that cost nothing
percent_per_day = 10     # each further day costs 10% of the points earned
most_days = 7            # after that, the mark is 0

[days_late]              # by the student's id
ada.lovelace = 3
"""

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.grading.spreadsheets import read_utf
from keras_cnn_course.homework.judging.verdict import ExerciseResult

__all__ = ["Policy", "apply_policy", "read_policy"]

_NUMBERS = ("drop_lowest", "free_days", "percent_per_day", "most_days")


@dataclass(frozen=True)
class Policy:
    """The rules.

    Args:
        most_days: late days after which there are no points; None for no such limit.
        days_late: by the student's id in small letters.
    """

    drop_lowest: int = 0
    free_days: float = 0
    percent_per_day: float = 0
    most_days: float | None = None
    days_late: Mapping[str, float] = field(default_factory=dict)


def read_policy(path: Path) -> Policy:
    """Return the rules in a file.

    Raises:
        HomeworkError: it cannot be read, or has a setting that is unknown or no number from 0 upward.
    """
    try:
        table = tomllib.loads(read_utf(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise HomeworkError(
            f"{path} is not valid TOML: {error}. An id with other characters than letters, digits, dots, - and _ needs "
            'quotes: "ada@example.org" = 3'
        ) from error
    days = table.pop("days_late", {})
    unknown = [name for name in table if name not in _NUMBERS]
    if unknown:
        raise HomeworkError(f"{path} has an unknown setting {unknown[0]!r}. Known: {', '.join(_NUMBERS)}, [days_late].")
    if not isinstance(days, dict):
        raise HomeworkError(f"days_late in {path} must be a table: a line [days_late], then one line per student.")
    lines = list(_flatten(days))
    for name, value in [*table.items(), *lines]:
        if not _is_number(value) or (name == "drop_lowest" and value != int(value)):
            raise HomeworkError(f"{name} in {path} must be a number from 0 upward; got {value!r}.")
    days_late: dict[str, float] = {}
    for name, value in lines:
        student = unicodedata.normalize("NFC", name).casefold()
        if name in _NUMBERS:
            raise HomeworkError(f"{name} in {path} must be above the line [days_late], after which each line is an id.")
        if student in days_late:
            raise HomeworkError(f"{path} has several lines for {name} below [days_late]. Keep one.")
        days_late[student] = float(value)
    table["drop_lowest"] = int(table.get("drop_lowest", 0))  # it may be written as 1.0
    return Policy(**table, days_late=days_late)


def apply_policy(policy: Policy, student: str, exercises: Sequence[ExerciseResult]) -> tuple[float, str]:
    """Return a student's points by the rules, and a note on what the rules changed; empty if nothing.

    If exercises are dropped, the points of the others are scaled to the points of all. Of equal shares, the one of more
    points is dropped, which leaves the better mark. Exercises without points are never dropped, because they do not
    count.
    """
    everything = sum(result.points for result in exercises)
    kept = sorted(
        (result for result in exercises if result.points),
        key=lambda result: (result.score / result.points, -result.points),
    )
    dropped = kept[: min(policy.drop_lowest, max(len(kept) - 1, 0))]
    kept = kept[len(dropped) :]
    score = everything * sum(result.score for result in kept) / max(sum(result.points for result in kept), 1)
    notes = [f"Not counted: {', '.join(result.exercise for result in dropped)}."] if dropped else []
    late = policy.days_late.get(student.casefold(), 0)
    if late:
        counted = max(late - policy.free_days, 0)
        is_over = policy.most_days is not None and late > policy.most_days
        lost = 100 if is_over else min(counted * policy.percent_per_day, 100)
        score *= 1 - lost / 100
        notes.append(f"{late:g} day{'' if late == 1 else 's'} late: {lost:g}% of the points are subtracted.")
    return round(score, 2), " ".join(notes)


def _flatten(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the ids and their values. To TOML, `ada.lovelace = 3` is a table `ada` in which `lovelace` is 3."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{rest}", number) for rest, number in _flatten(value))
        else:
            yield name, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
