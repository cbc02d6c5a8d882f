"""Prove the grader correct: every starter fails, every solution passes, every mutant gets its own diagnosis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises
from keras_cnn_course.homework.judging.answers import render_answers
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.judging.verdict import ExerciseResult
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["Attempt", "ExerciseProof", "prove_exercise"]

_SECRET = b"verification"


@dataclass(frozen=True)
class Attempt:
    """One version of an exercise that was judged.

    Args:
        kind: `starter`, `solution`, `accepted` or `mutant`.
        name: of a variant or a mutant.
        expected: `fails`, `passes`, or the diagnosis that it must get.
        found: `passes`, or the diagnosis that it got.
        seen: the feedback that a student would read.
    """

    kind: str
    name: str
    expected: str
    found: str
    seen: str

    @property
    def as_expected(self) -> bool:
        """Whether the grader judged it correctly."""
        return (self.found != "passes") if self.expected == "fails" else (self.found == self.expected)


@dataclass(frozen=True)
class ExerciseProof:
    """All attempts at one exercise.

    Args:
        exercise: its name.
        seconds: total run time of their sandboxes.
    """

    exercise: str
    attempts: tuple[Attempt, ...]
    seconds: float

    def count(self, kind: str) -> tuple[int, int]:
        """Return the number of attempts of a kind that were judged correctly, and the number of all of that kind."""
        of_kind = [attempt for attempt in self.attempts if attempt.kind == kind]
        return sum(attempt.as_expected for attempt in of_kind), len(of_kind)

    @property
    def surprises(self) -> list[Attempt]:
        """Attempts that were not judged as expected."""
        return [attempt for attempt in self.attempts if not attempt.as_expected]


def prove_exercise(exercise: Exercise, sandboxes: Sandboxes, *, students: Sequence[str] = ("ada",)) -> ExerciseProof:
    """Judge an exercise's starter, solution, accepted variants and mutants, with public and graded cases.

    Args:
        students: ids whose cases are used.
    """
    attempts, seconds = [], 0.0
    for student in students:
        for kind, name, expected, source in _list_versions(exercise):
            solved = () if kind == "starter" else list_exercises()
            work = Work(student, {exercise.stem: source}, render_answers(student, solved=solved))
            result = judge_exercise(exercise, work, sandboxes, secret=_SECRET)
            attempts.append(_describe(kind, name, expected, result))
            seconds += result.seconds
    return ExerciseProof(exercise.name, tuple(attempts), seconds)


def _list_versions(exercise: Exercise) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, name, expected verdict and text of every version to judge."""
    # An unchanged starter is not even run; one more line changes that.
    yield "starter", "", "fails", exercise.read("starter.py") + "\nSTARTED = True\n"
    solution = exercise.read("solution.py")
    yield "solution", "", "passes", solution
    for name, source in exercise.accepted.items():
        yield "accepted", name, "passes", source
    for mutant in exercise.load_mutants():
        yield "mutant", mutant.name, mutant.diagnosis, mutate(solution, mutant)


def _describe(kind: str, name: str, expected: str, result: ExerciseResult) -> Attempt:
    problem = result.problem
    found = "passes" if result.passed else (problem.key if problem else "no diagnosis")
    return Attempt(kind, name, expected, found, f"{problem.seen} {problem.says}" if problem else "")
