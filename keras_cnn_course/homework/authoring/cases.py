"""The parts of an exercise's checks: cases, problems, known mistakes, questions, mutants.

A check plans calls of the student's functions with a random generator. The calls are made in a sandbox, which does not
know the expected results. Afterwards the check judges what came back. `check_kinds` builds the kinds of checks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np

from keras_cnn_course.errors import GraderError, HomeworkError
from keras_cnn_course.homework.sandbox.messages import Call, CallOutcome

__all__ = ["Check", "Checks", "Mistake", "Mutant", "Problem", "Question", "TinyCase", "mutate"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one case.

    Args:
        key: the kind of problem, for tests and statistics.
        seen: the observation, with the value that was expected.
        says: the diagnosis; empty if there is none.
        lecture: what the lecture says about it.
        suspects: keys of the mistakes that would give exactly this result.
        credit: share of the check's points that is earned nevertheless.
    """

    key: str
    seen: str
    says: str = ""
    lecture: str = ""
    suspects: tuple[str, ...] = ()
    credit: float = 0.0


@dataclass(frozen=True, eq=False)
class Mistake:
    """A mistake that students often make, recognized by its result.

    Args:
        key: one or two words.
        says: what the student's function does instead.
        lecture: what the lecture does.
        imitate: returns the wrong result for the arguments of the student's function.
        is_of_kind: whether `imitate` returns instead if the arguments are of the kind that gives wrong results.
        recognize: instead of `imitate`, returns whether a wrong result shows the mistake, from it and the expected
            result, both as float64 arrays of the same shape.
    """

    key: str
    says: str
    lecture: str
    imitate: Callable[..., Any] | None = None
    is_of_kind: bool = False
    recognize: Callable[[np.ndarray, np.ndarray], bool] | None = None


@dataclass(frozen=True, eq=False)
class TinyCase:
    """A case small enough to work out by hand: the arguments and the expected result."""

    arguments: tuple[Any, ...]
    expected: Any


@dataclass(frozen=True)
class Question:
    """A question in answers.toml; its numbers differ from student to student.

    Args:
        key: name of the answer in answers.toml.
        expected: the correct answer; NumPy's integers become Python's.
        mistakes: pairs of a wrong answer and its explanation.

    Raises:
        HomeworkError: an answer is not a whole number or several.
    """

    key: str
    text: str
    expected: int | tuple[int, ...]
    mistakes: tuple[tuple[int | tuple[int, ...], str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "expected", self._to_python(self.expected))
        object.__setattr__(self, "mistakes", tuple((self._to_python(value), says) for value, says in self.mistakes))

    def _to_python(self, value: int | tuple[int, ...]) -> int | tuple[int, ...]:
        try:
            return tuple(map(index, value)) if isinstance(value, tuple) else index(value)
        except TypeError as error:
            raise HomeworkError(
                f"Answers to the question {self.key} must be whole numbers, or tuples of them; got {value!r}."
            ) from error


@dataclass(frozen=True, eq=False)
class Check:
    """One thing to check in an exercise.

    Args:
        name: unique in the exercise.
        weight: its share of the exercise's points, relative to the other checks.
        cases: the number of cases.
        is_random: whether the cases are drawn at random; if so, the grade uses cases of its own.
        plan: returns the calls to make, from a generator and the case's number.
        judge: returns the problem, or None, from the calls and their outcomes.
        is_telling: whether its problem teaches more than a wrong number does.
        function: the function whose results are compared; empty for a property of several results.
        mistakes: known explanations of a wrong result.
        reference: returns the expected result for a call's arguments, if there is exactly one.
    """

    name: str
    weight: int
    cases: int
    is_random: bool
    plan: Callable[[np.random.Generator, int], Sequence[Call]]
    judge: Callable[[Sequence[Call], Sequence[CallOutcome]], Problem | None]
    is_telling: bool = False
    function: str = ""
    mistakes: tuple[Mistake, ...] = ()
    reference: Callable[..., Any] | None = None


@dataclass(frozen=True, eq=False)
class Checks:
    """All checks of an exercise, in the order in which they run and are reported.

    Args:
        ask: draws the questions for answers.toml, if there are any.
    """

    checks: tuple[Check, ...]
    ask: Callable[[np.random.Generator], tuple[Question, ...]] | None = None


@dataclass(frozen=True)
class Mutant:
    """A wrong version of a solution, made by changing a few of its lines as students do.

    Args:
        name: describes the mistake.
        diagnosis: key of the diagnosis that the grader must give.
        changes: pairs of a text that occurs once in the solution, and its replacement.
    """

    name: str
    diagnosis: str
    changes: tuple[tuple[str, str], ...]


def mutate(solution: str, mutant: Mutant) -> str:
    """Return the solution with a mutant's changes.

    Raises:
        GraderError: a text to replace does not occur exactly once.

    >>> mutate("return a + b", Mutant("subtracts", "sign", (("a + b", "a - b"),)))
    'return a - b'
    """
    for old, new in mutant.changes:
        if solution.count(old) != 1:
            raise GraderError(
                f"The mutant {mutant.name!r} replaces {old!r}, which occurs {solution.count(old)} times in the "
                "solution; it must occur once."
            )
        solution = solution.replace(old, new)
    return solution
