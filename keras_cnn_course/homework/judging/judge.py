"""Judging one exercise: plan the cases, let a worker make the calls, compare what came back, find what went wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keras_cnn_course.homework.authoring.cases import Check, Problem
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.judging.answers import judge_answers
from keras_cnn_course.homework.judging.diagnosis import describe_ending, describe_unloaded, diagnose
from keras_cnn_course.homework.judging.planning import PlannedCase, Work, make_job, plan_case, plan_cases
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult, ExerciseResult
from keras_cnn_course.homework.sandbox.messages import Call, CallOutcome, JobOutcome
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["Replay", "judge_exercise", "replay_case"]

_LONGEST_SEEN = 600


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


def judge_exercise(
    exercise: Exercise, work: Work, sandboxes: Sandboxes, *, secret: bytes = b"", trusted: Iterable[str] = ()
) -> ExerciseResult:
    """Return what is right and wrong with one exercise.

    Args:
        exercise: to judge.
        work: the student's.
        sandboxes: where student code runs.
        secret: of the graded cases; empty: there are none.
        trusted: stems of exercises that this student has passed. Where this one builds on another, that one's
            reference stands in for it.

    Raises:
        GraderError: the grader itself failed.
    """
    cases = plan_cases(exercise, work.student, secret)
    if not work.is_started(exercise):
        unwritten = Problem("not written", f"{exercise.file} is missing, or as it was given out.")
        return replace(_gather(exercise, cases, [unwritten] * len(cases), work), is_untouched=True)
    outcome = sandboxes.run(make_job(exercise, work, cases, trusted=set(trusted)))
    result = _gather(exercise, cases, _judge_cases(exercise, cases, outcome), work)
    return replace(result, printed=outcome.printed, seconds=outcome.ending.seconds, memory=outcome.ending.memory)


def replay_case(
    exercise: Exercise,
    work: Work,
    sandboxes: Sandboxes,
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
    case = plan_case(exercise, check, number=number, seed=seed)
    outcome = sandboxes.run(make_job(exercise, work, [case], trusted=set(trusted)))
    return Replay(check, case.calls, outcome.calls, _judge_cases(exercise, [case], outcome)[0])


def _judge_cases(exercise: Exercise, cases: Sequence[PlannedCase], outcome: JobOutcome) -> list[Problem | None]:
    """Return the problem of each case, or None."""
    if not outcome.loaded:
        return [describe_unloaded(exercise, outcome)] * len(cases)
    problems: list[Problem | None] = []
    position = 0
    for case in cases:
        outcomes = outcome.calls[position : position + len(case.calls)]
        position += len(case.calls)
        if any(call.status == "not run" for call in outcomes):
            problems.append(describe_ending(outcome))
            continue
        with np.errstate(all="ignore"):  # a student's numbers may be infinite, and may overflow what is done with them
            problem = case.check.judge(case.calls, outcomes)
        problems.append(problem and replace(problem, seen=problem.seen[:_LONGEST_SEEN]))
    return problems


def _gather(
    exercise: Exercise, cases: Sequence[PlannedCase], problems: Sequence[Problem | None], work: Work
) -> ExerciseResult:
    """Return the exercise's result, with the diagnosis of each check."""
    results: dict[tuple[bool, str], list[CaseResult]] = {}
    checks = {check.name: check for check in exercise.load_checks().checks}
    for case, problem in zip(cases, problems, strict=True):
        found = CaseResult(case.number, case.seed, problem)
        results.setdefault((case.is_hidden, case.check.name), []).append(found)
    halves: tuple[list[CheckResult], list[CheckResult]] = ([], [])
    for (is_hidden, name), of_check in results.items():
        check = checks[name]
        of_function = [
            case.problem
            for (_, other), others in results.items()
            if checks[other].function == check.function
            for case in others
            if case.problem is not None
        ]
        diagnosis = diagnose(check, of_check, of_function)
        halves[is_hidden].append(CheckResult(name, check.weight, tuple(of_check), diagnosis, check.is_telling))
    public = (*halves[False], *judge_answers(exercise, work.student, work.answers))
    return ExerciseResult(exercise.name, exercise.points, public, tuple(halves[True]))
