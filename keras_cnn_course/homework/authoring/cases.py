"""What an exercise asks: calls of the student's functions, and a verdict on what came back.

A check plans calls from a random generator; they are made in a worker, where nobody knows the right results; then the
check judges what came back. `check_kinds` builds the kinds of checks that there are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.homework.sandbox.messages import Call, CallOutcome

__all__ = ["Check", "Checks", "Mistake", "Problem", "Question", "TinyCase"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one case.

    Args:
        key: which kind of problem, for tests and statistics.
        seen: what was seen, and what was expected.
        says: the diagnosis, if there is one.
        lecture: what the lecture says about it.
        suspects: keys of the mistakes that give just this result.
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
    """A mistake that students make, recognised by its result.

    Args:
        key: in a word or two.
        says: what was done instead.
        lecture: what the lecture does.
        imitate: makes the mistake, with the arguments of the student's function.
    """

    key: str
    says: str
    lecture: str
    imitate: Callable[..., Any]


@dataclass(frozen=True, eq=False)
class TinyCase:
    """A case small enough to be worked out by hand: arguments, and the result as it was worked out."""

    arguments: tuple[Any, ...]
    expected: Any


@dataclass(frozen=True)
class Question:
    """A question in answers.toml, with numbers of the student's own.

    Args:
        key: name of the answer.
        text: the question.
        expected: a whole number, or several.
        mistakes: what a wrong answer means, by the answer.
    """

    key: str
    text: str
    expected: int | tuple[int, ...]
    mistakes: tuple[tuple[int | tuple[int, ...], str], ...] = ()


@dataclass(frozen=True, eq=False)
class Check:
    """One thing that is asked of an answer.

    Args:
        name: unique in the exercise.
        weight: its share of the exercise's points, relative to the others.
        cases: how many there are.
        is_random: whether cases are drawn; then others are drawn for the grade.
        is_telling: whether a student learns more from it than from a number that is not as expected.
        plan: from a generator and the case's number to the calls to make.
        judge: from the calls and what became of them to the problem, or None.
        function: whose results are compared, where there is one reference for them.
        mistakes: what may be behind a wrong result.
        reference: makes the right result of a call from its arguments, where there is one.
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
    """All that is asked in an exercise.

    Args:
        checks: in the order in which they are made and told.
        ask: draws the questions of answers.toml, if there are any.
    """

    checks: tuple[Check, ...]
    ask: Callable[[np.random.Generator], tuple[Question, ...]] | None = None
