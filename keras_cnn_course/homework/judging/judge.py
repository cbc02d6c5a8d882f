"""Judge one exercise: plan the cases, make the calls in a sandbox, compare the results, find the mistake."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.cases import Check, Problem
from keras_cnn_course.homework.authoring.exercise import Exercise, order_by_need
from keras_cnn_course.homework.judging.answers import judge_answers
from keras_cnn_course.homework.judging.diagnosis import describe_ending, describe_unloaded, diagnose
from keras_cnn_course.homework.judging.planning import PlannedCase, Standing, Work, make_job, plan_case, plan_cases
from keras_cnn_course.homework.judging.reading import locate_failures
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult, ExerciseResult
from keras_cnn_course.homework.sandbox.messages import Call, CallOutcome, JobOutcome
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["Replay", "gather_result", "judge_cases", "judge_exercise", "replay_case"]

_LONGEST_SEEN = 600


@dataclass(frozen=True, eq=False)
class Replay:
    """A replayed case.

    Args:
        problem: None if the case passed.
    """

    check: Check
    calls: tuple[Call, ...]
    outcomes: tuple[CallOutcome, ...]
    problem: Problem | None


def judge_exercise(
    exercise: Exercise,
    work: Work,
    sandboxes: Sandboxes,
    *,
    secret: bytes = b"",
    standings: MutableMapping[str, Standing] | None = None,
) -> ExerciseResult:
    """Return the result of one exercise.

    The exercises that it builds on are judged first, so the result does not depend on what was judged before.

    Args:
        secret: for the graded cases; empty for public cases only.
        standings: of this student's exercises that are judged already, by stem; the new ones are added.

    Raises:
        GraderError: the grader itself failed.
    """
    standings = {} if standings is None else standings
    cases = plan_cases(exercise, work.student, secret)
    reading = work.reading_of(exercise)
    if not work.is_started(exercise):
        unwritten = Problem("not written", f"{reading.file} is missing or unchanged.")
        standings[exercise.stem] = Standing.NOTHING
        return replace(gather_result(exercise, cases, [unwritten] * len(cases), work), is_untouched=True)
    if reading.problem:
        standings[exercise.stem] = Standing.NOTHING
        return gather_result(exercise, cases, [reading.describe_problem()] * len(cases), work)
    _settle(exercise, work, sandboxes, secret=secret, standings=standings)
    outcome = _run(exercise, work, sandboxes, cases, standings=standings)
    result = gather_result(exercise, cases, judge_cases(exercise, cases, outcome), work)
    failed = Standing.STAND_IN if outcome.loaded else Standing.NOTHING
    standings[exercise.stem] = Standing.OWN if result.passed else failed
    return replace(
        result,
        stand_ins=_list_stand_ins(exercise, standings),
        printed=outcome.printed,
        seconds=outcome.ending.seconds,
        memory=outcome.ending.memory,
    )


def replay_case(
    exercise: Exercise,
    work: Work,
    sandboxes: Sandboxes,
    *,
    check: Check,
    seed: int | None = None,
    number: int = 0,
    standings: MutableMapping[str, Standing] | None = None,
) -> Replay:
    """Replay one case: the one with this seed, or the case worked out by hand with this number.

    Args:
        standings: as for `judge_exercise`.

    Raises:
        HomeworkError: the file has no code to judge.
        GraderError: the grader itself failed.
    """
    problem = work.reading_of(exercise).problem
    if problem:
        raise HomeworkError(problem)
    case = plan_case(exercise, check, number=number, seed=seed)
    standings = {} if standings is None else standings
    _settle(exercise, work, sandboxes, secret=b"", standings=standings)
    outcome = _run(exercise, work, sandboxes, [case], standings=standings)
    return Replay(check, case.calls, outcome.calls, judge_cases(exercise, [case], outcome)[0])


def judge_cases(exercise: Exercise, cases: Sequence[PlannedCase], outcome: JobOutcome) -> list[Problem | None]:
    """Return the problem of each case, or None if the case passed."""
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
        with np.errstate(all="ignore"):  # a student's numbers may be infinite or overflow
            problem = case.check.judge(case.calls, outcomes)
        problems.append(problem and replace(problem, seen=problem.seen[:_LONGEST_SEEN]))
    return problems


def _run(
    exercise: Exercise,
    work: Work,
    sandboxes: Sandboxes,
    cases: Sequence[PlannedCase],
    *,
    standings: MutableMapping[str, Standing],
) -> JobOutcome:
    """Make the calls of the cases in a sandbox."""
    outcome = sandboxes.run(make_job(exercise, work, cases, standings=standings))
    return locate_failures(outcome, work.readings, stem=exercise.stem)


def _settle(
    exercise: Exercise, work: Work, sandboxes: Sandboxes, *, secret: bytes, standings: MutableMapping[str, Standing]
) -> None:
    """Judge the exercises that an exercise builds on, as far as they are not judged already."""
    for needed in order_by_need((exercise,))[:-1]:
        if needed.stem not in standings:
            judge_exercise(needed, work, sandboxes, secret=secret, standings=standings)


def _list_stand_ins(exercise: Exercise, standings: MutableMapping[str, Standing]) -> tuple[str, ...]:
    """Return the names of the exercises whose functions the reference provides."""
    needed = order_by_need((exercise,))[:-1]
    return tuple(each.name for each in needed if standings[each.stem] is not Standing.OWN)


def gather_result(
    exercise: Exercise, cases: Sequence[PlannedCase], problems: Sequence[Problem | None], work: Work
) -> ExerciseResult:
    """Return the exercise's result with a diagnosis of each check."""
    results: dict[tuple[bool, str], list[CaseResult]] = {}
    checks = {check.name: check for check in exercise.load_checks().checks}
    for case, problem in zip(cases, problems, strict=True):
        found = CaseResult(case.number, case.seed, problem)
        results.setdefault((case.is_hidden, case.check.name), []).append(found)
    functions = {case.check.name: tuple(dict.fromkeys(call.function for call in case.calls)) for case in cases}
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
        halves[is_hidden].append(
            CheckResult(
                name,
                check.weight,
                tuple(of_check),
                diagnosis,
                check.is_telling,
                functions=functions[name],
                is_random_comparison=check.is_random and check.reference is not None,
            )
        )
    public = (*halves[False], *judge_answers(exercise, work.student, work.answers))
    return ExerciseResult(exercise.name, exercise.points, public, tuple(halves[True]))
