"""`kcnn homework explain`: one case in full, replayed from its seed."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, workspace_option
from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.options import picture_option
from keras_cnn_course.errors import UsageError, unknown_name
from keras_cnn_course.homework.authoring.exercise import Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.authoring.cases import Check, Problem
    from keras_cnn_course.homework.judging.judge import Replay
    from keras_cnn_course.homework.judging.verdict import ExerciseResult
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


class CaseSeed(click.ParamType):
    """The seed of a case: up to four hexadecimal digits."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seed as a number."""
        try:
            seed = int(str(value), 16)
        except ValueError:
            seed = -1
        if seed < 0 or len(str(value)) > 4:
            self.fail(f"must have one to four hexadecimal digits, such as 5f2a; got {value!r}.", param, ctx)
        return seed


@dataclass(frozen=True, eq=False)
class _Case:
    """A case of a check: a random one with a seed, or one worked out by hand with a number from 0."""

    check: "Check"
    seed: int | None
    number: int

    def __str__(self) -> str:
        return f"case {self.number + 1}" if self.seed is None else f"seed {self.seed:04x}"


@click.command(
    "explain", cls=SectionCommand, sections={"Case": ("seed", "number", "check_name"), "Files": ("workspace", "out")}
)
@exercise_argument
@click.option("--seed", metavar="XXXX", type=CaseSeed(), help="Seed of a random case, as printed by `check`.")
@click.option(
    "--case",
    "number",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(min=1),
    help="Number of a case worked out by hand, from 1.",
)
@click.option("--check", "check_name", metavar="NAME", help="Check that the case belongs to, as printed by `check`.")
@workspace_option
@picture_option(default="print the numbers only")
def command(
    exercise: Exercise,
    check_name: str | None,
    seed: int | None,
    number: int | None,
    workspace: "Workspace",
    out: Path | None,
) -> None:
    """Show a failing case in full.

    You see the arguments of your function, your result, the expected result, and their difference. Without options,
    this is the case that `check` reports. With a seed, you can replay any random case, including those of your grade.

    \b
    Example:  kcnn homework explain convolution
              kcnn homework explain convolution --seed 5f2a --out case.png
    """
    from keras_cnn_course.homework.judging.judge import judge_exercise, replay_case
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.explanation import explain_replay

    is_chosen = not (check_name is None and seed is None and number is None)
    case = _choose_case(exercise, check_name, seed=seed, number=number) if is_chosen else None
    if out is not None:
        _check_picture(exercise, case, out)
    with Sandboxes() as sandboxes:
        result = None
        if case is None:
            result = judge_exercise(exercise, workspace.work, sandboxes, standings=workspace.standings)
            case = _find_failing_case(exercise, workspace, result)
        replay = replay_case(
            exercise,
            workspace.work,
            sandboxes,
            check=case.check,
            seed=case.seed,
            number=case.number,
            standings=workspace.standings,
        )
        if result is None and replay.problem is not None and replay.problem.suspects:
            result = judge_exercise(exercise, workspace.work, sandboxes, standings=workspace.standings)
    related = _list_related(exercise, case.check, result) if result is not None else []
    title = f"{exercise.name}, {case.check.name} ({case})"
    if out is not None:
        _draw(exercise, replay, title, out)
    click.echo("\n".join([title, *explain_replay(exercise, replay, related=related)]))


def _list_related(exercise: Exercise, check: "Check", result: "ExerciseResult") -> "list[Problem]":
    """Return the problems of all cases of the function that a check is about."""
    names = {each.name for each in exercise.load_checks().checks if each.function == check.function}
    cases = [case for each in result.public if each.name in names for case in each.cases]
    return [case.problem for case in cases if case.problem is not None]


def _find_failing_case(exercise: Exercise, workspace: "Workspace", result: "ExerciseResult") -> _Case:
    """Return the case that `check` reports."""
    if result.is_untouched:
        raise UsageError(
            f"There is nothing to explain yet: {workspace.file_of(exercise)} is missing or still the starter."
        )
    reported = result.reported
    if reported is None:
        raise UsageError(
            f"{exercise.name} passes, so there is no failing case. To replay a case, use --seed or --case."
        )
    checks = {check.name: check for check in exercise.load_checks().checks}
    if reported.name not in checks or reported.first_failed is None:
        reason = reported.diagnosis.seen if reported.diagnosis else reported.name
        raise UsageError(f"There is no case of {exercise.name} to explain: {reason}")
    case = reported.first_failed
    return _Case(checks[reported.name], case.seed, case.number)


def _choose_case(exercise: Exercise, name: str | None, *, seed: int | None, number: int | None) -> _Case:
    """Return the case with this seed or number; without a check's name, of the first check that has such cases."""
    if seed is not None and number is not None:
        raise UsageError("--seed and --case cannot be combined: only random cases have seeds.")
    checks = {check.name: check for check in exercise.load_checks().checks}
    if name is not None and name not in checks:
        raise unknown_name(f"check of {exercise.name}", name, checks)
    suitable = [check for check in checks.values() if check.is_random == (number is None)]
    check = checks[name] if name is not None else next(iter(suitable), None)
    if check is None:
        raise UsageError(f"No case of {exercise.name} is worked out by hand. To replay a random case, use --seed.")
    if check.is_random and seed is None:
        raise UsageError(f"The cases of the check {check.name!r} are random. Give the seed of one: --seed XXXX")
    if not check.is_random and seed is not None:
        raise UsageError(f"The cases of the check {check.name!r} are worked out by hand. Use --case, not --seed.")
    if not check.is_random and not 1 <= (number or 1) <= check.cases:
        raise UsageError(f"--case must be from 1 to {check.cases} for the check {check.name!r}; got {number}.")
    return _Case(check, seed, (number or 1) - 1)


def _check_picture(exercise: Exercise, case: _Case | None, out: Path) -> None:
    """Check the path of a picture and, before anything is trained, that not all arrays are too large for it.

    Args:
        case: None if it is not known yet which one is failing.
    """
    from keras_cnn_course.homework.judging.planning import plan_case
    from keras_cnn_course.homework.student.explanation import list_arguments
    from keras_cnn_course.plots.homework_case import can_be_drawn
    from keras_cnn_course.plots.saving import check_picture_path

    check_picture_path(out)
    if exercise.kind != "keras":
        return
    checks = exercise.load_checks().checks
    for each in [case] if case else [_Case(check, 0 if check.is_random else None, 0) for check in checks]:
        calls = plan_case(exercise, each.check, number=each.number, seed=each.seed).calls
        arrays = [panel.values for call in calls for panel in list_arguments(exercise, call)]
        if each.check.reference is not None or not arrays or any(map(can_be_drawn, arrays)):
            return
    raise _nothing_to_draw(exercise.name)


def _nothing_to_draw(title: str) -> UsageError:
    from keras_cnn_course.plots.homework_case import LARGEST_DRAWN

    return UsageError(
        f"There are no arrays to draw in {title}: only those with rows and columns are drawn, at most {LARGEST_DRAWN} "
        "of each. Leave out --out."
    )


def _draw(exercise: Exercise, replay: "Replay", title: str, out: Path) -> None:
    """Draw the arrays of a case and write the picture."""
    from keras_cnn_course.homework.student.explanation import list_panels
    from keras_cnn_course.plots.homework_case import can_be_drawn, plot_case
    from keras_cnn_course.plots.saving import save_picture

    panels = [(panel.title, panel.values) for panel in list_panels(exercise, replay) if can_be_drawn(panel.values)]
    if not panels:
        raise _nothing_to_draw(title)
    note = replay.problem.seen if replay.problem else "This case passes."
    save_picture(plot_case(title, panels, note), out)
    click.echo(f"{out}: {title}", err=True)
