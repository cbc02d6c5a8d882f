"""What the grader found, as values: cases, checks, exercises, and the points they make."""

from collections.abc import Sequence
from dataclasses import dataclass

from keras_cnn_course.homework.authoring.cases import Problem

__all__ = ["PUBLIC_SHARE", "CaseResult", "CheckResult", "ExerciseResult"]

PUBLIC_SHARE = 0.6
"""Share of an exercise's points that the public checks decide; the rest is for the graded ones."""

_BARE = ("values", "shape")


@dataclass(frozen=True)
class CaseResult:
    """One case.

    Args:
        number: from 0.
        seed: replays it; None for cases worked out by hand.
        problem: None where the case is right.
    """

    number: int
    seed: int | None
    problem: Problem | None


@dataclass(frozen=True)
class CheckResult:
    """One check with its cases.

    Args:
        name: of the check.
        weight: relative to the exercise's other checks.
        cases: of the check, in order.
        diagnosis: the problem to tell, with the mistake behind it where one explains every wrong case.
        is_telling: whether a student learns more from it than from a number that is not as expected.
    """

    name: str
    weight: int
    cases: tuple[CaseResult, ...]
    diagnosis: Problem | None = None
    is_telling: bool = False

    @property
    def passed(self) -> bool:
        """Whether every case is right."""
        return all(case.problem is None for case in self.cases)

    @property
    def earned(self) -> float:
        """Share of the check that is earned, from 0 to 1: that of the worst case."""
        return min((case.problem.credit if case.problem else 1.0 for case in self.cases), default=1.0)

    @property
    def first_failed(self) -> CaseResult | None:
        """The first case with a problem."""
        return next((case for case in self.cases if case.problem is not None), None)


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise of one student.

    Args:
        exercise: its name.
        points: that it is worth.
        public: checks with the student's own cases.
        hidden: checks with graded cases; empty where no secret was given.
        is_untouched: whether the file is missing or still the starter.
        printed: the beginning of what student code printed.
        seconds: that the worker took.
        memory: bytes that the worker had at most.
    """

    exercise: str
    points: int
    public: tuple[CheckResult, ...]
    hidden: tuple[CheckResult, ...] = ()
    is_untouched: bool = False
    printed: str = ""
    seconds: float = 0.0
    memory: int = 0

    @property
    def passed(self) -> bool:
        """Whether every check that was made is passed."""
        return bool(self.public) and all(check.passed for check in (*self.public, *self.hidden))

    @property
    def public_points(self) -> float:
        """Points of the public checks.

        Where a check has graded cases too, the public ones earn no more than those: whoever writes down the results of
        the cases that everybody can see gains nothing by it.
        """
        graded = {check.name: check.earned for check in self.hidden}
        earned = [(check.weight, min(check.earned, graded.get(check.name, 1.0))) for check in self.public]
        return round(self.points * PUBLIC_SHARE * _weighted_mean(earned), 2)

    @property
    def hidden_points(self) -> float:
        """Points of the graded checks."""
        earned = [(check.weight, check.earned) for check in self.hidden]
        return round(self.points * (1 - PUBLIC_SHARE) * _weighted_mean(earned), 2)

    @property
    def score(self) -> float:
        """Points in all."""
        return round(self.public_points + self.hidden_points, 2)

    @property
    def reported(self) -> CheckResult | None:
        """The check to tell the student about: the first that went wrong, or a telling one."""
        wrong = [check for check in (*self.public, *self.hidden) if not check.passed]
        if wrong and wrong[0].diagnosis is not None and wrong[0].diagnosis.key in _BARE:
            return next((check for check in wrong if check.is_telling), wrong[0])
        return wrong[0] if wrong else None

    @property
    def problem(self) -> Problem | None:
        """The problem to tell the student about."""
        return self.reported.diagnosis if self.reported else None


def _weighted_mean(earned: Sequence[tuple[int, float]]) -> float:
    """Return the mean of shares, each with its weight; 0 where there are none."""
    total = sum(weight for weight, _ in earned)
    return sum(weight * share for weight, share in earned) / total if total else 0.0
