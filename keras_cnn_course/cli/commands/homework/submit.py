"""`kcnn homework submit`: one file to hand in."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import folder_option
from keras_cnn_course.errors import UsageError

__all__ = ["command"]


@click.command("submit")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("hw.zip"),
    show_default=True,
    help="The zip to write.",
)
@folder_option
@click.option("--check/--no-check", "checks", default=True, show_default=True, help="Check what is begun first.")
def command(out: Path, folder: Path | None, checks: bool) -> None:
    """Put the homework into a zip to hand in. What does not pass is told, and handed in all the same.

    \b
    Example:  kcnn homework submit -o hw.zip
    """
    from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, list_exercises
    from keras_cnn_course.homework.grading.archives import write_archive
    from keras_cnn_course.homework.student.work_files import IDENTITY_FILE
    from keras_cnn_course.homework.student.workspace import find_workspace

    workspace = find_workspace(folder)
    names = [IDENTITY_FILE, ANSWERS_FILE, *(exercise.file for exercise in list_exercises())]
    if out.resolve() in [(workspace.folder / name).resolve() for name in names]:
        raise UsageError(f"Expected -o with the name of a new zip. Received: {out}, which is part of the homework.")
    if checks:
        _warn(workspace.folder)
    present = [name for name in names if (workspace.folder / name).is_file()]
    write_archive(out, {name: (workspace.folder / name).read_bytes() for name in present})
    click.echo(f"{out}: {len(present)} files of {workspace.work.student}")


def _warn(folder: Path) -> None:
    """Say on stderr what is not begun or does not pass."""
    from keras_cnn_course.homework.authoring.exercise import list_exercises
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.checking import check_exercises
    from keras_cnn_course.homework.student.workspace import open_workspace

    workspace = open_workspace(folder)
    missing = [exercise.name for exercise in list_exercises() if workspace.describe(exercise) == "not started"]
    begun = [exercise for exercise in list_exercises() if exercise.name not in missing]
    with Sandboxes() as sandboxes:
        failed = [each.exercise.name for each in check_exercises(workspace, begun, sandboxes) if not each.result.passed]
    if missing:
        click.echo(f"Not started: {', '.join(missing)}", err=True)
    if failed:
        click.echo(f"Does not pass yet: {', '.join(failed)}", err=True)
