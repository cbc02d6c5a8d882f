"""Judging one exercise: plan the cases, let a worker make the calls, compare what came back, find what went wrong."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keras_cnn_course.homework.answers import judge_answers
from keras_cnn_course.homework.cases import Check, Problem
from keras_cnn_course.homework.catalogue import Exercise
from keras_cnn_course.homework.diagnosis import describe_ending, describe_unloaded, diagnose
from keras_cnn_course.homework.seeds import case_seed, case_words, graded_key, public_key
from keras_cnn_course.homework.verdict import CaseResult, CheckResult, ExerciseResult
from keras_cnn_course.homework.worker.client import Workers
from keras_cnn_course.homework.worker.job import Call, Job
from keras_cnn_course.homework.worker.outcome import CallOutcome, Outcome, printable

__all__ = ["Replay", "Work", "is_untouched", "judge_exercise", "replay_case"]

_PACKAGE = __name__.partition(".")[0]
_LONGEST_CODE = 100


@dataclass(frozen=True)
class Work:
    """A student's homework, as texts.

    Args:
        student: who it belongs to.
        sources: texts of the exercises' files, by stem; missing files are left out.
        answers: text of answers.toml.
    """

    student: str
    sources: Mapping[str, str]
    answers: str = ""


@dataclass(frozen=True, eq=False)
class Replay:
    """One case, made again.

    Args:
        check: that it belongs to.
        calls: that were made.
        outcomes: what became of them.
        problem: None where the case is right.
    """

    check: Check
    calls: tuple[Call, ...]
    outcomes: tuple[CallOutcome, ...]
    problem: Problem | None


@dataclass(frozen=True, eq=False)
class _Case:
    """A case that is planned, with its place among the calls of the job."""

    check: Check
    is_hidden: bool
    number: int
    seed: int | None
    calls: tuple[Call, ...]


def judge_exercise(
    exercise: Exercise, work: Work, workers: Workers, *, secret: bytes = b"", trusted: Iterable[str] = ()
) -> ExerciseResult:
    """Return what is right and wrong with one exercise.

    Args:
        exercise: to judge.
        work: the student's.
        workers: where student code runs.
        secret: of the graded cases; empty: there are none.
        trusted: stems of exercises that this student has passed. Where this one builds on another, that one's
            reference stands in for it.

    Raises:
        GraderError: the grader itself failed.
    """
    cases = _plan(exercise, work.student, secret)
    if is_untouched(exercise, work):
        unwritten = Problem("not written", f"{exercise.file} is missing, or as it was given out.")
        return _gather(exercise, cases, [unwritten] * len(cases), work, is_untouched=True)
    problem = _find_text_problem(exercise, work.sources[exercise.stem])
    if problem is not None:
        return _gather(exercise, cases, [problem] * len(cases), work)
    outcome = workers.run(_make_job(exercise, work, cases, trusted=set(trusted), graded=bool(secret)))
    result = _gather(exercise, cases, _judge_cases(exercise, cases, outcome), work)
    return replace(result, printed=outcome.printed, seconds=outcome.ending.seconds, memory=outcome.ending.memory)


def replay_case(
    exercise: Exercise,
    work: Work,
    workers: Workers,
    *,
    check: Check,
    seed: int | None = None,
    number: int = 0,
    trusted: Iterable[str] = (),
) -> Replay:
    """Make one case again: the one with that seed, or the one with that number of those worked out by hand.

    Raises:
        GraderError: the grader itself failed.
    """
    case = _plan_case(exercise, check, number=number, seed=seed, is_hidden=False)
    problem = _find_text_problem(exercise, work.sources.get(exercise.stem, ""))
    if problem is not None:
        return Replay(check, case.calls, (), problem)
    outcome = workers.run(_make_job(exercise, work, [case], trusted=set(trusted), graded=False))
    return Replay(check, case.calls, outcome.calls, _judge_cases(exercise, [case], outcome)[0])


def is_untouched(exercise: Exercise, work: Work) -> bool:
    """Return whether an exercise's file is missing, empty, or still the starter."""
    source = work.sources.get(exercise.stem, "")
    return not source.strip() or source == exercise.read("starter.py")


def _plan(exercise: Exercise, student: str, secret: bytes) -> list[_Case]:
    """Return all cases: the student's own, then the graded ones."""
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
                cases.append(_plan_case(exercise, check, number=number, seed=seed, is_hidden=is_hidden))
    return cases


def _plan_case(exercise: Exercise, check: Check, *, number: int, seed: int | None, is_hidden: bool) -> _Case:
    generator = np.random.default_rng(case_words(exercise.name, check.name, seed or 0))
    return _Case(check, is_hidden, number, seed, tuple(check.plan(generator, number)))


def _find_text_problem(exercise: Exercise, source: str) -> Problem | None:
    """Return what is wrong with a file before it is run."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        code = source.splitlines()[line - 1].strip() if 0 < line <= len(source.splitlines()) else ""
        code = printable(code[:_LONGEST_CODE])
        reason = getattr(error, "msg", None) or str(error) or type(error).__name__
        return Problem("syntax", f"{exercise.file}, line {line} is not valid Python: {code}", says=f"{reason}.")
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.partition(".")[0] == _PACKAGE for name in names):
            return Problem(
                "import",
                f"{exercise.file}, line {getattr(node, 'lineno', 0)} imports {_PACKAGE}.",
                says="The exercise is to write it: NumPy, Keras and your own earlier exercises are there.",
            )
    return None


def _make_job(exercise: Exercise, work: Work, cases: Sequence[_Case], *, trusted: set[str], graded: bool) -> Job:
    """Return the job that makes all calls of the cases."""
    from keras_cnn_course.homework.catalogue import order_by_need

    sources = {exercise.stem: work.sources[exercise.stem]}
    for needed in order_by_need((exercise,)):
        if needed.stem != exercise.stem:
            own = needed.stem in trusted and needed.stem in work.sources
            sources[needed.stem] = work.sources[needed.stem] if own else needed.read("solution.py")
    return Job(
        kind=exercise.kind,
        module=exercise.stem,
        sources=sources,
        calls=tuple(call for case in cases for call in case.calls),
        seed=case_seed(public_key(work.student, exercise.name), "student code", 0),
        seconds=exercise.seconds * (2 if graded else 1),
    )


def _judge_cases(exercise: Exercise, cases: Sequence[_Case], outcome: Outcome) -> list[Problem | None]:
    """Return the problem of each case, or None."""
    if not outcome.loaded:
        return [describe_unloaded(exercise, outcome)] * len(cases)
    problems: list[Problem | None] = []
    position = 0
    for case in cases:
        outcomes = outcome.calls[position : position + len(case.calls)]
        position += len(case.calls)
        if any(call.status == "not run" for call in outcomes):
            problems.append(describe_ending(exercise, outcome.ending))
        else:
            problems.append(case.check.judge(case.calls, outcomes))
    return problems


def _gather(
    exercise: Exercise,
    cases: Sequence[_Case],
    problems: Sequence[Problem | None],
    work: Work,
    *,
    is_untouched: bool = False,
) -> ExerciseResult:
    """Return the exercise's result, with the diagnosis of each check."""
    results: dict[tuple[bool, str], list[CaseResult]] = {}
    checks = {check.name: check for check in exercise.load_checks().checks}
    for case, problem in zip(cases, problems, strict=True):
        case_result = CaseResult(case.number, case.seed, problem)
        results.setdefault((case.is_hidden, case.check.name), []).append(case_result)
    halves: tuple[list[CheckResult], list[CheckResult]] = ([], [])
    for (is_hidden, name), found in results.items():
        related = [
            case.problem
            for (_, other), cases_of_other in results.items()
            if checks[other].function == checks[name].function
            for case in cases_of_other
            if case.problem is not None
        ]
        check = checks[name]
        diagnosis = diagnose(check, found, related)
        halves[is_hidden].append(CheckResult(name, check.weight, tuple(found), diagnosis, check.is_telling))
    public = (*halves[False], *judge_answers(exercise, work.student, work.answers))
    return ExerciseResult(exercise.name, exercise.points, public, tuple(halves[True]), is_untouched=is_untouched)
