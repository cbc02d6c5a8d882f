"""`kcnn homework check`: what works in a student's solutions, and what does not."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercises_argument, report_unknown_files, workspace_option
from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import echo_json
from keras_cnn_course.cli.streams import style
from keras_cnn_course.errors import CourseError, UsageError
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.checking import CheckedExercise
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]

_COLORS = {"ok": "green", "x": "red", "-": "yellow"}
_POLL_SECONDS = 0.2


@click.command("check")
@exercises_argument
@click.option("--watch", is_flag=True, help="Check again each time you save a file, until you press Ctrl-C.")
@json_option
@workspace_option
@click.pass_context
def command(
    ctx: click.Context, exercises: tuple[Exercise, ...], watch: bool, as_json: bool, workspace: "Workspace"
) -> None:
    """Check your solutions.

    EX is the name or the number of an exercise. Without EX, all exercises that you have started are checked.

    For a mistake, you see the first failing case, a diagnosis, the slide to read, and the next command to run. The exit
    code is 0 if everything passes, and 1 otherwise.

    \b
    Example:  kcnn homework check convolution
              kcnn homework check --watch
    """
    if watch and as_json:
        raise UsageError("--watch and --json cannot be combined.")
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    if not exercises:
        report_unknown_files(workspace, "Not checked")
    with Sandboxes() as sandboxes:
        if watch:
            _watch(workspace, exercises, sandboxes)
            return
        checked = list(_check(workspace, exercises or workspace.started, sandboxes, quiet=as_json))
    passed = sum(each.result.passed for each in checked)
    if as_json:
        echo_json([_to_json(each) for each in checked])
    elif checked:
        click.echo(f"{passed} of {len(checked)} checked exercises pass. The homework has {len(workspace.exercises)}.")
    elif not workspace.unknown_files:
        click.echo("You have not started an exercise yet. To see all of them: kcnn homework list")
    ctx.exit(0 if checked and passed == len(checked) else 1)


def _check(
    workspace: "Workspace", exercises: tuple[Exercise, ...], sandboxes: "Sandboxes", *, quiet: bool = False
) -> "Iterator[CheckedExercise]":
    """Check exercises and print the feedback on each as soon as it is ready."""
    from keras_cnn_course.homework.student.checking import check_exercises, describe_result

    for each in check_exercises(workspace, exercises, sandboxes):
        if not quiet:
            headline, *lines = describe_result(each.exercise, each.result, each.reading)
            mark, _, rest = headline.partition(" ")
            click.echo(f"{style(mark, color=_COLORS[mark], bold=True)} {rest}")
            click.echo("\n".join([*lines, ""]))
        yield each


def _to_json(each: "CheckedExercise") -> dict[str, object]:
    return {
        **asdict(each.result),
        "passed": each.result.passed,
        "score": each.result.score,
        "replaced": each.result.stand_ins,
        "file": each.reading.file,
        "note": each.reading.note,
    }


def _watch(workspace: "Workspace", exercises: tuple[Exercise, ...], sandboxes: "Sandboxes") -> None:
    """Check the exercises whose files have changed, until Ctrl-C."""
    seen: dict[str, int] = {}
    try:
        while True:
            changed = _find_changed(workspace.folder, seen)
            if changed:
                try:
                    workspace = workspace.read_again()
                    candidates = exercises or workspace.started
                    affected = tuple(exercise for exercise in candidates if _depends_on(exercise, changed))
                    for _ in _check(workspace, affected, sandboxes):
                        pass
                except CourseError as error:
                    click.echo(f"Error: {error}", err=True)
                click.echo(f"{time.strftime('%H:%M:%S')}  Watching {workspace.folder}. Press Ctrl-C to stop.", err=True)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        click.echo("", err=True)


def _find_changed(folder: Path, seen: dict[str, int]) -> set[str]:
    """Return the names of the files that were saved since the last call, and remember when."""
    from keras_cnn_course.homework.student.work_files import list_file_names

    changed = set()
    for name in list_file_names():
        path = folder / name
        try:
            saved = path.stat().st_mtime_ns
        except OSError:  # the editor may be replacing it
            saved = 0
        if seen.get(name) != saved:
            seen[name] = saved
            changed.add(name)
    return changed


def _depends_on(exercise: Exercise, changed: set[str]) -> bool:
    stems = (exercise.stem, *exercise.builds_on)
    return any(name.split(".")[0] in stems for name in changed) or (exercise.asks and ANSWERS_FILE in changed)
