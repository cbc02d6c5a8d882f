"""`kcnn homework check`: what is right and wrong with one's work."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercises_argument, folder_option, json_option
from keras_cnn_course.errors import CourseError, UsageError
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, Exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.checking import CheckedExercise
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]

_COLOURS = {"ok": "green", "x": "red", "-": "yellow"}
_POLL_SECONDS = 0.2


@click.command("check")
@exercises_argument
@folder_option
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved, until Ctrl-C.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, exercises: tuple[Exercise, ...], folder: Path | None, watch: bool, as_json: bool
) -> None:
    """Check exercises EX by name or number; without EX, all that have been started.

    What is said of a mistake is what was seen, what may be behind it, and the slide. Every case has a seed, by which
    `kcnn homework explain` shows it again. The exit code is 1 as long as something is not right.

    \b
    Example:  kcnn homework check convolution
              kcnn homework check --watch
    """
    if watch and as_json:
        raise UsageError("Expected --watch or --json. Received both.")
    from keras_cnn_course.homework.sandbox.confinement import find_isolation
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.checking import check_exercises
    from keras_cnn_course.homework.student.workspace import find_workspace

    workspace = find_workspace(folder)
    chosen = exercises or _started(workspace)
    with Sandboxes() as sandboxes:
        if watch:
            _watch(workspace, exercises, sandboxes)
            return
        checked = list(_tell(check_exercises(workspace, chosen, sandboxes), quiet=as_json))
    if as_json:
        click.echo(json.dumps([_to_json(each) for each in checked], indent=2))
    else:
        click.echo(_summarize(checked, len(list_exercises())))
        click.echo(str(find_isolation()))
    ctx.exit(0 if checked and all(each.result.passed for each in checked) else 1)


def _started(workspace: "Workspace") -> list[Exercise]:
    return [exercise for exercise in list_exercises() if workspace.describe(exercise) != "not started"]


def _tell(checked: "Iterator[CheckedExercise]", *, quiet: bool) -> "Iterator[CheckedExercise]":
    """Print each exercise as soon as it is checked."""
    from keras_cnn_course.homework.student.checking import describe_result

    for each in checked:
        if not quiet:
            head, *lines = describe_result(each.exercise, each.result, replaced=each.replaced)
            mark, _, rest = head.partition(" ")
            click.echo(f"{click.style(mark, fg=_COLOURS[mark], bold=True)} {rest}")
            click.echo("\n".join([*lines, ""]))
        yield each


def _summarize(checked: "Sequence[CheckedExercise]", number: int) -> str:
    """Return what all exercises that were checked come to."""
    if not checked:
        return "No exercise is started yet. See: kcnn homework list"
    passed = sum(each.result.passed for each in checked)
    return f"{passed} of {len(checked)} checked pass; the homework has {number}."


def _to_json(each: "CheckedExercise") -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(each.result), "passed": each.result.passed, "score": each.result.score, "replaced": each.replaced}


def _watch(workspace: "Workspace", exercises: tuple[Exercise, ...], sandboxes: "Sandboxes") -> None:
    """Check what has changed, again and again."""
    from keras_cnn_course.homework.student.checking import check_exercises

    seen: dict[str, int] = {}
    try:
        while True:
            changed = _find_changed(workspace.folder, seen)
            if changed:
                try:
                    workspace = workspace.read_again()
                    chosen = [exercise for exercise in exercises or _started(workspace) if _concerns(exercise, changed)]
                    for _ in _tell(check_exercises(workspace, chosen, sandboxes), quiet=False):
                        pass
                except CourseError as error:
                    click.echo(f"Error: {error}", err=True)
                click.echo(f"{time.strftime('%H:%M:%S')}  Watching {workspace.folder}; Ctrl-C ends.", err=True)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        click.echo("", err=True)


def _find_changed(folder: Path, seen: dict[str, int]) -> set[str]:
    """Return the names of files that were saved since the last look, and note when."""
    changed = set()
    for name in [ANSWERS_FILE, *(exercise.file for exercise in list_exercises())]:
        path = folder / name
        try:
            saved = path.stat().st_mtime_ns
        except OSError:  # an editor may be replacing it
            saved = 0
        if seen.get(name) != saved:
            seen[name] = saved
            changed.add(name)
    return changed


def _concerns(exercise: Exercise, changed: set[str]) -> bool:
    files = {exercise.file, *(f"{stem}.py" for stem in exercise.builds_on)}
    return bool(files & changed) or (exercise.asks and ANSWERS_FILE in changed)
