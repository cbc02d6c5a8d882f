"""The grader's own test: every starter fails, every right answer passes, every wrong one gets its own diagnosis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises
from keras_cnn_course.homework.authoring.mutation import mutate
from keras_cnn_course.homework.judging.answers import render_answers
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.judging.verdict import ExerciseResult
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["Attempt", "Proof", "prove_exercise"]

_SECRET = b"verification"


@dataclass(frozen=True)
class Attempt:
    """One answer that was judged.

    Args:
        kind: `starter`, `solution`, `accepted` or `mutant`.
        name: of a variant or a mutant.
        expected: `fails`, `passes`, or the diagnosis that it must get.
        found: `passes`, or the diagnosis that it got.
        seen: what the student would read.
    """

    kind: str
    name: str
    expected: str
    found: str
    seen: str

    @property
    def as_expected(self) -> bool:
        """Whether the grader did what it should."""
        return (self.found != "passes") if self.expected == "fails" else (self.found == self.expected)


@dataclass(frozen=True)
class Proof:
    """All attempts at one exercise.

    Args:
        exercise: its name.
        attempts: in the order in which they were made.
        seconds: that their sandboxes took.
    """

    exercise: str
    attempts: tuple[Attempt, ...]
    seconds: float

    def count(self, kind: str) -> tuple[int, int]:
        """Return how many attempts of a kind went as expected, out of how many."""
        of_kind = [attempt for attempt in self.attempts if attempt.kind == kind]
        return sum(attempt.as_expected for attempt in of_kind), len(of_kind)

    @property
    def surprises(self) -> list[Attempt]:
        """Attempts that did not go as expected."""
        return [attempt for attempt in self.attempts if not attempt.as_expected]


def prove_exercise(exercise: Exercise, sandboxes: Sandboxes, *, students: Sequence[str] = ("ada",)) -> Proof:
    """Judge an exercise's starter, solution, accepted variants and mutants, public and graded cases alike.

    Args:
        exercise: to verify.
        sandboxes: where the answers run.
        students: whose cases are used; each has others.
    """
    attempts, seconds = [], 0.0
    for student in students:
        for kind, name, expected, source in _list_answers(exercise):
            solved = () if kind == "starter" else list_exercises()
            work = Work(student, {exercise.stem: source}, render_answers(student, solved=solved))
            result = judge_exercise(exercise, work, sandboxes, secret=_SECRET)
            attempts.append(_describe(kind, name, expected, result))
            seconds += result.seconds
    return Proof(exercise.name, tuple(attempts), seconds)


def _list_answers(exercise: Exercise) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, name, what is expected, and the text, of every answer to judge."""
    # As it is given out, the starter is not even run; with one line more it is.
    yield "starter", "", "fails", exercise.read("starter.py") + "\nBEGUN = True\n"
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
