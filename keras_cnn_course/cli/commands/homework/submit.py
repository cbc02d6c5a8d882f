"""`kcnn homework submit`: pack the homework into one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import report_unknown_files, workspace_option, zip_option
from keras_cnn_course.errors import GraderError, HomeworkError, UsageError

if TYPE_CHECKING:
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


@click.command("submit")
@zip_option("hw.zip")
@workspace_option
@click.option(
    "--check/--no-check",
    "checks",
    default=True,
    show_default=True,
    help="Before packing, check the exercises that you have started.",
)
def command(out: Path, workspace: "Workspace", checks: bool) -> None:
    """Pack the homework into a zip to hand in.

    You get a warning about exercises that you have not started or that do not pass. The zip is written anyway.

    \b
    Example:  kcnn homework submit -o hw.zip
    """
    from keras_cnn_course.homework.grading.archives import write_archive
    from keras_cnn_course.homework.student.work_files import list_file_names

    names = [*list_file_names(), *workspace.unknown_files]
    if out.resolve() in [(workspace.folder / name).resolve() for name in names]:
        raise UsageError(
            f"{out} is part of your homework and is not overwritten. Choose another name for the zip: -o ZIP"
        )
    if checks:
        _warn(workspace)
    report_unknown_files(workspace, "Packed without a check")
    present = [name for name in names if (workspace.folder / name).is_file()]
    write_archive(out, {name: (workspace.folder / name).read_bytes() for name in present})
    click.echo(f"{out}: {len(present)} files of {workspace.work.student}")


def _warn(workspace: "Workspace") -> None:
    """Print the exercises that are not started or do not pass to stderr. A check that fails stops nobody."""
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
    from keras_cnn_course.homework.student.checking import check_exercises

    started = workspace.started
    missing = [exercise.name for exercise in workspace.exercises if exercise.points and exercise not in started]
    if missing:
        click.echo(f"Not started: {', '.join(missing)}", err=True)
    try:
        with Sandboxes() as sandboxes:
            checked = list(check_exercises(workspace, started, sandboxes))
    except (GraderError, HomeworkError) as error:
        click.echo(f"Your exercises were not checked: {error}", err=True)
        click.echo("The zip is written anyway. To skip the check: --no-check", err=True)
        return
    failed = [each.exercise.name for each in checked if not each.result.passed]
    if failed:
        click.echo(f"Not passing yet: {', '.join(failed)}", err=True)
