"""Check exercises of one homework in order, and tell the student the result.

The feedback says what was seen, gives the diagnosis and the slide, and names the next command. It never contains the
answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, Exercise, digest_text
from keras_cnn_course.homework.judging.answers import NOT_READ
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.reading import Reading
from keras_cnn_course.homework.judging.verdict import PUBLIC_SHARE, CheckResult, ExerciseResult
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["CheckedExercise", "check_exercises", "describe_check", "describe_result", "describe_stand_ins"]

_PRINTED_LINES = 6
# Problems that looking at a case would not explain.
_NO_CASE = {
    "not written",
    "syntax",
    "import",
    "missing",
    "time",
    "memory",
    "threads",
    "crash",
    "ended",
    "not answered",
    "answers",
    NOT_READ,
}


@dataclass(frozen=True)
class CheckedExercise:
    """An exercise with its result."""

    exercise: Exercise
    result: ExerciseResult
    reading: Reading


def check_exercises(
    workspace: Workspace, exercises: Sequence[Exercise], sandboxes: Sandboxes
) -> Iterator[CheckedExercise]:
    """Yield each exercise as soon as it is checked, and record which ones passed, and with which Python.

    Raises:
        GraderError: the grader itself failed.
        HomeworkError: the folder cannot be written.
    """
    standings = workspace.standings
    for exercise in exercises:
        result = judge_exercise(exercise, workspace.work, sandboxes, standings=standings)
        digest = digest_text(workspace.work.sources[exercise.stem]) if result.passed else None
        if workspace.state.passed.get(exercise.name) != digest:
            workspace = workspace.remember(workspace.state.with_pass(exercise.name, digest))
        if result.passed:
            workspace = workspace.record_python()
        yield CheckedExercise(exercise, result, workspace.work.reading_of(exercise))


def describe_result(exercise: Exercise, result: ExerciseResult, reading: Reading | None = None) -> list[str]:
    """Return the feedback on an exercise: a headline, followed by indented lines.

    Args:
        reading: how the exercise's file was read.
    """
    if result.is_untouched:
        file = reading.file if reading else exercise.file
        headline = f"- {exercise.name}  not started   {_name_points(result.score, exercise)}"
        return [headline, f"  Start with {file}.", *(f"  {line}" for line in _describe_answers(result))]
    mark = "ok" if result.passed else "x"
    failed = result.reported
    place = f"  {_describe_place(failed)}" if failed else ""
    lines = [f"{mark} {exercise.name}{place}   {_name_points(result.score, exercise)}"]
    lines += [reading.note] if reading and reading.note else []
    if failed is not None and failed.diagnosis is not None:
        lines += _describe_problem(exercise, failed.diagnosis)
        lines.append(f"Next: {_next_command(exercise, failed)}")
    lines += describe_stand_ins(result)
    lines += _describe_printed(result.printed)
    lines.append(_describe_counts(result))
    return [lines[0], *(f"  {line}" for line in lines[1:])]


def _name_points(score: float, exercise: Exercise) -> str:
    return f"{score:g}/{exercise.points} points" if exercise.points else "optional"


def describe_stand_ins(result: ExerciseResult) -> list[str]:
    """Return a sentence for each earlier exercise whose functions the reference provided."""
    return [f"{name} does not pass, so the reference's functions stood in for its own." for name in result.stand_ins]


def describe_check(exercise: Exercise, check: CheckResult) -> str:
    """Return the feedback on one check for a report; empty if it passed."""
    if check.passed or check.diagnosis is None:
        return ""
    lines = [_describe_place(check), *_describe_problem(exercise, check.diagnosis)]
    return "\n".join([*lines, f"Next: {_next_command(exercise, check)}"])


def _describe_problem(exercise: Exercise, problem: Problem) -> list[str]:
    lecture = problem.lecture or f'Slide "{exercise.slide.title}": kcnn lecture {exercise.slide_key}'
    return [line for line in (problem.seen, problem.says, lecture) if line]


def _describe_place(check: CheckResult) -> str:
    """Return which case failed, with its seed if it has one."""
    case = check.first_failed
    if case is None or (len(check.cases) == 1 and case.seed is None):
        return check.name
    number = f", case {case.number + 1} of {len(check.cases)}" if len(check.cases) > 1 else ""
    seed = f" (seed {case.seed:04x})" if case.seed is not None else ""
    return f"{check.name}{number}{seed}"


def _next_command(exercise: Exercise, check: CheckResult) -> str:
    """Return the command that helps most with this failure."""
    case = check.first_failed
    if case is not None and case.problem is not None and case.problem.key == "notebook":
        return f"kcnn homework check {exercise.name}"
    if case is None or case.problem is None or case.problem.key in _NO_CASE:
        return f"kcnn homework hint {exercise.name}"
    which = f"--seed {case.seed:04x}" if case.seed is not None else f"--case {case.number + 1}"
    first = next(known for known in exercise.load_checks().checks if known.is_random == (case.seed is not None))
    named = "" if check.name == first.name else f'--check "{check.name}" '
    return f"kcnn homework explain {exercise.name} {named}{which}"


def _describe_answers(result: ExerciseResult) -> list[str]:
    """Return the feedback on the answers of an exercise whose file is untouched; nothing if no question is answered."""
    problems = [check.diagnosis for check in result.public]
    answers = [problem for problem in problems if problem is None or problem.key != "not written"]
    given = [problem for problem in answers if problem is None or problem.key != "not answered"]
    if not given:
        return []
    lines = [f"{given.count(None)} of {len(answers)} answers in {ANSWERS_FILE} are correct."]
    return lines + [line for problem in given if problem for line in (problem.seen, problem.says) if line]


def _describe_printed(printed: str) -> list[str]:
    lines = printed.rstrip().splitlines()
    if not lines:
        return []
    shown = [f"  {line[:100]}" for line in lines[:_PRINTED_LINES]]
    more = [f"  ... and {len(lines) - _PRINTED_LINES} more lines"] if len(lines) > _PRINTED_LINES else []
    return ["Your code printed:", *shown, *more]


def _describe_counts(result: ExerciseResult) -> str:
    passed = sum(check.passed for check in result.public)
    counts = f"Public checks: {passed}/{len(result.public)} passed."
    if not result.hidden:
        return f"{counts} Graded checks: not run here (worth {1 - PUBLIC_SHARE:.0%})."
    return f"{counts} Graded checks: {sum(check.passed for check in result.hidden)}/{len(result.hidden)} passed."
