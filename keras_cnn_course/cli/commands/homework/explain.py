"""`kcnn homework explain`: one case in full."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, folder_option
from keras_cnn_course.errors import UsageError, did_you_mean
from keras_cnn_course.homework.authoring.exercise import Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.authoring.cases import Check
    from keras_cnn_course.homework.judging.judge import Replay
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


@click.command("explain")
@exercise_argument
@click.option("--check", "check_name", metavar="NAME", help="The check that the case belongs to.")
@click.option("--seed", metavar="XXXX", help="The case's seed, four hexadecimal digits, as `check` prints it.")
@click.option("--case", "number", type=click.IntRange(min=1), help="The number of a case worked out by hand.")
@folder_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Draw it: .png, .svg or .pdf.")
def command(
    exercise: Exercise,
    check_name: str | None,
    seed: str | None,
    number: int | None,
    folder: Path | None,
    out: Path | None,
) -> None:
    """Show a case again: what your function was given, what it returned, what is right, and the difference.

    Without options it is the case that `check` tells you about. A seed replays any case, those of your grade too.

    \b
    Example:  kcnn homework explain convolution
              kcnn homework explain convolution --seed 5f2a --out case.png
    """
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.explanation import explain_replay
    from keras_cnn_course.homework.student.workspace import find_workspace

    chosen = _parse_seed(seed)
    workspace = find_workspace(folder)
    with Sandboxes() as sandboxes:
        if check_name is None and chosen is None and number is None:
            check, chosen, number = _choose_case(exercise, workspace, sandboxes)
        else:
            check = _find_check(exercise, check_name, is_random=number is None)
        replay = _replay(exercise, check, chosen, number, workspace=workspace, sandboxes=sandboxes)
    where = f"seed {chosen:04x}" if chosen is not None else f"case {number or 1}"
    title = f"{exercise.name}, {check.name} ({where})"
    if out is not None:
        _draw(exercise, replay, title, out)
    click.echo("\n".join([title, *explain_replay(exercise, replay)]))


def _parse_seed(seed: str | None) -> int | None:
    """Return a seed as a number."""
    if seed is None:
        return None
    try:
        value = int(seed, 16)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 16 or len(seed) > 4:
        raise UsageError(f"Expected --seed with up to four hexadecimal digits, such as 5f2a. Received: {seed!r}.")
    return value


def _find_check(exercise: Exercise, name: str | None, *, is_random: bool) -> "Check":
    """Return a check by its name; or the first whose cases are random, or are not."""
    checks = {check.name: check for check in exercise.load_checks().checks}
    if name is None:
        return next(check for check in checks.values() if check.is_random == is_random)
    if name not in checks:
        raise UsageError(
            f"Expected a check of {exercise.name}: {', '.join(checks)}. Received: {name!r}.{did_you_mean(name, checks)}"
        )
    return checks[name]


def _choose_case(
    exercise: Exercise, workspace: "Workspace", sandboxes: "Sandboxes"
) -> "tuple[Check, int | None, int | None]":
    """Return the case that `check` tells about: its check, and its seed or number."""
    from keras_cnn_course.homework.judging.judge import judge_exercise

    result = judge_exercise(exercise, workspace.work, sandboxes, trusted=workspace.passed)
    names = {check.name: check for check in exercise.load_checks().checks}
    if result.is_untouched:
        raise UsageError(f"Expected {exercise.file} to be begun. Received: it is missing, or as it was given out.")
    told = result.reported
    if told is None or told.name not in names or told.first_failed is None:
        reason = "all of it is right" if told is None else told.diagnosis.seen if told.diagnosis else told.name
        raise UsageError(f"Expected a wrong case of {exercise.name} to explain. Received: {reason}")
    case = told.first_failed
    return names[told.name], case.seed, None if case.seed is not None else case.number + 1


def _replay(
    exercise: Exercise,
    check: "Check",
    seed: int | None,
    number: int | None,
    *,
    workspace: "Workspace",
    sandboxes: "Sandboxes",
) -> "Replay":
    """Make the case again."""
    from keras_cnn_course.homework.judging.judge import replay_case

    if seed is not None and (number is not None or not check.is_random):
        reason = "--case as well" if number is not None else f"{check.name!r}, whose cases were worked out by hand"
        raise UsageError(f"Expected --seed with a check whose cases are random. Received: {reason}.")
    if check.is_random and seed is None:
        raise UsageError(f"Expected --seed for the check {check.name!r}, whose cases are random. Received: none.")
    if not check.is_random and not 1 <= (number or 1) <= check.cases:
        raise UsageError(f"Expected --case from 1 to {check.cases}. Received: {number}.")
    index = 0 if check.is_random else (number or 1) - 1
    return replay_case(
        exercise, workspace.work, sandboxes, check=check, seed=seed, number=index, trusted=workspace.passed
    )


def _draw(exercise: Exercise, replay: "Replay", title: str, out: Path) -> None:
    """Draw the case's arrays into a file."""
    from keras_cnn_course.homework.student.explanation import list_panels
    from keras_cnn_course.plots.homework_case import plot_case
    from keras_cnn_course.plots.saving import check_picture_path, save_picture

    check_picture_path(out)
    panels = [(panel.title, panel.values) for panel in list_panels(exercise, replay)]
    if not panels:
        raise UsageError(f"Expected a case with arrays to draw. Received: {title}, which has numbers only.")
    note = replay.problem.seen if replay.problem else "This case passes."
    save_picture(plot_case(title, panels, note), out)
    click.echo(f"{out}: {title}", err=True)
