"""From a student's work to the calls that a sandbox makes: the cases of an exercise, each with its seed.

A student's public cases follow from the student's id, so anybody can draw them. The graded cases also need a secret.
Every case has a seed of four hexadecimal digits that is enough to replay it: the secret only decides which seeds are
drawn.
"""

import hashlib
import hmac
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from keras_cnn_course.homework.authoring.arrays import CASES
from keras_cnn_course.homework.authoring.cases import Check
from keras_cnn_course.homework.authoring.exercise import Exercise, order_by_need
from keras_cnn_course.homework.judging.reading import Reading
from keras_cnn_course.homework.sandbox.import_rule import LIBRARIES
from keras_cnn_course.homework.sandbox.messages import Call, Job, StandIn

__all__ = [
    "PYTHON",
    "PlannedCase",
    "Standing",
    "Work",
    "case_seed",
    "case_words",
    "graded_key",
    "make_job",
    "plan_case",
    "plan_cases",
    "public_key",
]

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version of Python that student code runs with here."""

# An exercise's seconds are meant for this many calls. More cases give more time, so that each call keeps its share.
_CALLS_PER_SHARE = 12


class Standing(Enum):
    """What later exercises use of an exercise's file."""

    OWN = "the whole file, because it passed"
    STAND_IN = "the file, with the reference's functions in place of its own"
    NOTHING = "nothing but the reference's functions, because the file is missing or cannot be imported"


@dataclass(frozen=True)
class Work:
    """A student's homework as texts, wherever it was read from.

    Args:
        student: the student's id.
        sources: texts of the exercises' files by stem, without those that are missing; of a notebook, its code.
        answers: text of answers.toml.
        course: version of the course that it was started with; empty if unknown.
        id_from: `login` if the id is only the login name of the student's computer.
        python: version of Python with which it was started or passed last; empty if unknown.
        notes: what an instructor should know about how it was read.
        readings: how the files of the exercises were read, by stem, without those that are missing.
    """

    student: str
    sources: Mapping[str, str]
    answers: str = ""
    course: str = ""
    id_from: str = ""
    python: str = field(default="", compare=False)
    notes: tuple[str, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def reading_of(self, exercise: Exercise) -> Reading:
        """Return how the file of an exercise was read."""
        return self.readings.get(exercise.stem) or Reading(exercise.file)

    def is_started(self, exercise: Exercise) -> bool:
        """Return whether an exercise's file exists, is not empty, and differs from its starters."""
        source = self.sources.get(exercise.stem, "")
        return bool(self.reading_of(exercise).problem or source.strip()) and not exercise.is_starter(source)


@dataclass(frozen=True, eq=False)
class PlannedCase:
    """A case of a check, with the calls to make.

    Args:
        is_hidden: whether it is one of the graded cases.
        number: among the check's cases, from 0.
        seed: None for a case worked out by hand.
    """

    check: Check
    is_hidden: bool
    number: int
    seed: int | None
    calls: tuple[Call, ...]


def public_key(student: str, exercise: str) -> bytes:
    """Return the key from which a student's public seeds for an exercise are derived."""
    return hashlib.sha256(f"{student}/{exercise}".encode()).digest()


def graded_key(secret: bytes, student: str, exercise: str) -> bytes:
    """Return the key from which a student's graded seeds are derived; it cannot be computed without the secret."""
    return hmac.digest(secret, f"{student}/{exercise}".encode(), "sha256")


def case_seed(key: bytes, check: str, number: int) -> int:
    """Return the seed of a case, below 65,536.

    >>> f"{case_seed(public_key('ada', 'convolution'), 'random cases', 0):04x}"
    'd9fd'
    """
    return int.from_bytes(hashlib.sha256(key + f"/{check}/{number}".encode()).digest()[:2], "big")


def case_words(exercise: str, check: str, seed: int) -> list[int]:
    """Return the numbers that seed a case's random generator: a hash of exercise, check and seed."""
    digest = hashlib.sha256(f"{exercise}/{check}/{seed:04x}".encode()).digest()
    return [int.from_bytes(digest[start : start + 4], "big") for start in range(0, 16, 4)]


def plan_cases(exercise: Exercise, student: str, secret: bytes) -> list[PlannedCase]:
    """Return all cases of an exercise: the student's public ones, followed by the graded ones if there is a secret.

    The last bits of a random case's seed are its number, so that the seed is enough to know the case's kind.
    """
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
                if seed is not None and check.cases == CASES:
                    seed += number - seed % CASES
                cases.append(plan_case(exercise, check, number=number, seed=seed, is_hidden=is_hidden))
    return cases


def plan_case(
    exercise: Exercise, check: Check, *, number: int = 0, seed: int | None = None, is_hidden: bool = False
) -> PlannedCase:
    """Return one case: the one drawn with this seed, or, without a seed, the one with this number."""
    generator = np.random.default_rng(case_words(exercise.name, check.name, seed or 0))
    kind = number if seed is None else seed % check.cases
    return PlannedCase(check, is_hidden, number, seed, tuple(check.plan(generator, kind)))


def make_job(exercise: Exercise, work: Work, cases: Sequence[PlannedCase], *, standings: Mapping[str, Standing]) -> Job:
    """Return the job that makes all calls of the cases, in their order.

    Args:
        standings: of the exercises that this one builds on, by stem.
    """
    sources = {exercise.stem: work.sources.get(exercise.stem, "")}
    stand_ins = {}
    for needed in order_by_need((exercise,))[:-1]:
        standing = standings.get(needed.stem, Standing.NOTHING)
        sources[needed.stem] = "" if standing is Standing.NOTHING else work.sources.get(needed.stem, "")
        if standing is not Standing.OWN:
            stand_ins[needed.stem] = StandIn(needed.read("solution.py"), needed.functions)
    calls = tuple(call for case in cases for call in case.calls)
    share = 2 if any(case.is_hidden for case in cases) else 1
    return Job(
        kind=exercise.kind,
        module=exercise.stem,
        sources=sources,
        stand_ins=stand_ins,
        calls=calls,
        libraries=LIBRARIES[exercise.kind],
        seed=case_seed(public_key(work.student, exercise.name), "student code", 0),
        seconds=math.ceil(exercise.seconds * max(share, len(calls) / _CALLS_PER_SHARE)),
    )
