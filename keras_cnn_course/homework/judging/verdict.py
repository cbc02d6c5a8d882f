"""The grader's findings as values: cases, checks, exercises, and their points."""

from collections.abc import Sequence
from dataclasses import dataclass

from keras_cnn_course.homework.authoring.cases import Problem

__all__ = ["PUBLIC_SHARE", "CaseResult", "CheckResult", "ExerciseResult"]

PUBLIC_SHARE = 0.6
"""Share of an exercise's points for its public checks; the rest is for the graded ones."""

_BARE = ("values", "shape")


@dataclass(frozen=True)
class CaseResult:
    """The result of one case.

    Args:
        number: from 0.
        seed: replays the case; None for a case worked out by hand.
        problem: None if the case passed.
    """

    number: int
    seed: int | None
    problem: Problem | None


@dataclass(frozen=True)
class CheckResult:
    """The result of one check, with its cases.

    Args:
        weight: relative to the exercise's other checks.
        diagnosis: the problem to report; it names a mistake if that explains every wrong result.
        is_telling: whether its problem teaches more than a wrong number does.
        functions: names of the student's functions that it calls.
        is_random_comparison: whether it compares the results of random cases with a reference.
    """

    name: str
    weight: int
    cases: tuple[CaseResult, ...]
    diagnosis: Problem | None = None
    is_telling: bool = False
    functions: tuple[str, ...] = ()
    is_random_comparison: bool = False

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(case.problem is None for case in self.cases)

    @property
    def earned(self) -> float:
        """Share of the check's points that is earned, from 0 to 1: that of the worst case."""
        return min((case.problem.credit if case.problem else 1.0 for case in self.cases), default=1.0)

    @property
    def is_mostly_passed(self) -> bool:
        """Whether at least half of the cases passed."""
        return 2 * sum(case.problem is None for case in self.cases) >= len(self.cases)

    @property
    def first_failed(self) -> CaseResult | None:
        """The first case with a problem."""
        return next((case for case in self.cases if case.problem is not None), None)


@dataclass(frozen=True)
class ExerciseResult:
    """The result of one exercise of one student.

    Args:
        exercise: its name.
        points: the most that can be earned.
        public: checks with the student's public cases.
        hidden: checks with graded cases; empty without a secret.
        is_untouched: whether the file is missing or unchanged.
        stand_ins: names of the exercises that it builds on and whose functions the reference provided.
        printed: the beginning of the text that student code printed.
        seconds: the sandbox's run time.
        memory: the sandbox's largest memory use in bytes.
    """

    exercise: str
    points: int
    public: tuple[CheckResult, ...]
    hidden: tuple[CheckResult, ...] = ()
    is_untouched: bool = False
    stand_ins: tuple[str, ...] = ()
    printed: str = ""
    seconds: float = 0.0
    memory: int = 0

    @property
    def passed(self) -> bool:
        """Whether every check that ran has passed."""
        return bool(self.public) and all(check.passed for check in (*self.public, *self.hidden))

    @property
    def public_points(self) -> float:
        """Points for the public checks.

        If a check has graded cases too, its public cases earn no more than those. So nobody gains by hard-coding the
        results of the cases that everybody can see.
        """
        graded = {check.name: check.earned for check in self.hidden}
        earned = [(check.weight, min(self._earned(check), graded.get(check.name, 1.0))) for check in self.public]
        return round(self.points * PUBLIC_SHARE * _weighted_mean(earned), 2)

    @property
    def hidden_points(self) -> float:
        """Points for the graded checks."""
        earned = [(check.weight, self._earned(check)) for check in self.hidden]
        return round(self.points * (1 - PUBLIC_SHARE) * _weighted_mean(earned), 2)

    def _earned(self, check: CheckResult) -> float:
        """Return the share of a check's points that is earned.

        A constant has many properties of a correct result, and the cases by hand can be written down. So other checks
        of a function earn points only if at least half of its random cases pass.
        """
        comparisons = [other for other in (*self.public, *self.hidden) if other.is_random_comparison]
        needed = [other for other in comparisons if set(other.functions) & set(check.functions)]
        return check.earned if all(other.is_mostly_passed for other in needed) else 0.0

    @property
    def score(self) -> float:
        """All points."""
        return round(self.public_points + self.hidden_points, 2)

    @property
    def reported(self) -> CheckResult | None:
        """The failed check to report to the student: the first one, or a telling one instead of bare numbers."""
        failed = [check for check in (*self.public, *self.hidden) if not check.passed]
        if failed and failed[0].diagnosis is not None and failed[0].diagnosis.key in _BARE:
            return next((check for check in failed if check.is_telling), failed[0])
        return failed[0] if failed else None

    @property
    def problem(self) -> Problem | None:
        """The problem to report to the student."""
        return self.reported.diagnosis if self.reported else None


def _weighted_mean(earned: Sequence[tuple[int, float]]) -> float:
    """Return the mean of shares with weights; 0 if there are none."""
    total = sum(weight for weight, _ in earned)
    return sum(weight * share for weight, share in earned) / total if total else 0.0
