"""What a student is told: what was seen, the diagnosis, the slide, the next command. Never the answer."""

from collections.abc import Sequence

from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.judging.verdict import PUBLIC_SHARE, CheckResult, ExerciseResult

__all__ = ["describe_check", "describe_result"]

_LONGEST_PRINTED = 6
# Problems that no case with numbers would explain.
_NO_CASE = {"not written", "syntax", "import", "missing", "time", "memory", "crash", "ended", "not answered", "answers"}


def describe_result(exercise: Exercise, result: ExerciseResult, *, replaced: Sequence[str] = ()) -> list[str]:
    """Return lines about an exercise: a head, and indented below it what to know and what to do.

    Args:
        exercise: that was judged.
        result: what was found.
        replaced: names of exercises whose reference stood in for the student's.
    """
    if result.is_untouched:
        return [f"- {exercise.name}  not begun   0/{exercise.points} points", f"  Begin in {exercise.file}."]
    mark = "ok" if result.passed else "x"
    wrong = result.told
    place = f"  {_describe_place(wrong)}" if wrong else ""
    lines = [f"{mark} {exercise.name}{place}   {result.score:g}/{exercise.points} points"]
    if wrong is not None and wrong.diagnosis is not None:
        lines += _describe_problem(exercise, wrong.diagnosis)
        lines.append(f"Next: {_next_command(exercise, wrong)}")
    for name in replaced:
        lines.append(f"Your {name} does not pass yet: a right one stood in for it.")
    lines += _describe_printed(result.printed)
    lines.append(_describe_counts(result))
    return [lines[0], *(f"  {line}" for line in lines[1:])]


def describe_check(exercise: Exercise, check: CheckResult) -> str:
    """Return what to tell of one check in a report; empty where it passed."""
    if check.passed or check.diagnosis is None:
        return ""
    lines = [_describe_place(check), *_describe_problem(exercise, check.diagnosis)]
    return "\n".join([*lines, f"Next: {_next_command(exercise, check)}"])


def _describe_problem(exercise: Exercise, problem: Problem) -> list[str]:
    lecture = problem.lecture or f'Slide "{exercise.slide.title}": kcnn lecture {exercise.slide_key}'
    return [line for line in (problem.seen, problem.says, lecture) if line]


def _describe_place(check: CheckResult) -> str:
    """Return which case went wrong, with its seed where it has one."""
    case = check.first_wrong
    if case is None or (len(check.cases) == 1 and case.seed is None):
        return check.name
    number = f" {case.number + 1}/{len(check.cases)}" if len(check.cases) > 1 else ""
    seed = f" (seed {case.seed:04x})" if case.seed is not None else ""
    return f"{check.name}{number}{seed}"


def _next_command(exercise: Exercise, check: CheckResult) -> str:
    """Return the command that helps on from here."""
    case = check.first_wrong
    if case is None or case.problem is None or case.problem.key in _NO_CASE:
        return f"kcnn homework hint {exercise.name}"
    which = f"--seed {case.seed:04x}" if case.seed is not None else f"--case {case.number + 1}"
    first = next(known for known in exercise.load_checks().checks if known.is_random == (case.seed is not None))
    named = "" if check.name == first.name else f'--check "{check.name}" '
    return f"kcnn homework explain {exercise.name} {named}{which}"


def _describe_printed(printed: str) -> list[str]:
    lines = printed.rstrip().splitlines()
    if not lines:
        return []
    shown = [f"  {line[:100]}" for line in lines[:_LONGEST_PRINTED]]
    more = [f"  ... {len(lines) - _LONGEST_PRINTED} lines more"] if len(lines) > _LONGEST_PRINTED else []
    return ["Your code printed:", *shown, *more]


def _describe_counts(result: ExerciseResult) -> str:
    passed = sum(check.passed for check in result.public)
    counts = f"Public checks {passed}/{len(result.public)}."
    if not result.hidden:
        return f"{counts} Hidden checks: not run here (worth {1 - PUBLIC_SHARE:.0%})."
    return f"{counts} Hidden checks {sum(check.passed for check in result.hidden)}/{len(result.hidden)}."
