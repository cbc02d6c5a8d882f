"""What to ask a worker: the cases of an exercise, each with its seed and calls, and the job that makes the calls."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.homework.authoring.cases import Check
from keras_cnn_course.homework.authoring.exercise import Exercise, order_by_need
from keras_cnn_course.homework.judging.seeds import case_seed, case_words, graded_key, public_key
from keras_cnn_course.homework.judging.work import Work
from keras_cnn_course.homework.sandbox.job import Call, Job

__all__ = ["PlannedCase", "make_job", "plan_case", "plan_cases"]


@dataclass(frozen=True, eq=False)
class PlannedCase:
    """A case of a check, with the calls to make.

    Args:
        check: that it belongs to.
        is_hidden: whether it is one of the graded cases.
        number: among the check's cases, from 0.
        seed: that it was drawn with; None where it was worked out by hand.
        calls: of the student's functions.
    """

    check: Check
    is_hidden: bool
    number: int
    seed: int | None
    calls: tuple[Call, ...]


def plan_cases(exercise: Exercise, student: str, secret: bytes) -> list[PlannedCase]:
    """Return all cases of an exercise: the student's own, then, with a secret, the graded ones."""
    keys = [(False, public_key(student, exercise.name))]
    if secret:
        keys.append((True, graded_key(secret, student, exercise.name)))
    cases = []
    for is_hidden, key in keys:
        for check in exercise.load_checks().checks:
            if is_hidden and not check.is_random:
                continue
            for number in range(check.cases):
                seed = case_seed(key, check.name, number) if check.is_random else None
                cases.append(plan_case(exercise, check, number=number, seed=seed, is_hidden=is_hidden))
    return cases


def plan_case(
    exercise: Exercise, check: Check, *, number: int = 0, seed: int | None = None, is_hidden: bool = False
) -> PlannedCase:
    """Return one case: with a seed the one that is drawn with it, otherwise the one with that number."""
    generator = np.random.default_rng(case_words(exercise.name, check.name, seed or 0))
    return PlannedCase(check, is_hidden, number, seed, tuple(check.plan(generator, number)))


def make_job(exercise: Exercise, work: Work, cases: Sequence[PlannedCase], *, trusted: set[str]) -> Job:
    """Return the job that makes all calls of the cases.

    Args:
        exercise: that the cases belong to.
        work: the student's.
        cases: in their order.
        trusted: stems of exercises that the student has passed; of others the reference is sent along.
    """
    sources = {exercise.stem: work.sources.get(exercise.stem, "")}
    for needed in order_by_need((exercise,))[:-1]:
        is_own = needed.stem in trusted and needed.stem in work.sources
        sources[needed.stem] = work.sources[needed.stem] if is_own else needed.read("solution.py")
    return Job(
        kind=exercise.kind,
        module=exercise.stem,
        sources=sources,
        calls=tuple(call for case in cases for call in case.calls),
        seed=case_seed(public_key(work.student, exercise.name), "student code", 0),
        seconds=exercise.seconds * (2 if any(case.is_hidden for case in cases) else 1),
    )
