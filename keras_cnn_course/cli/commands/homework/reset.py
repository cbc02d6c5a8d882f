"""`kcnn homework reset`: start an exercise again."""

from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, workspace_option
from keras_cnn_course.homework.authoring.exercise import Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


@click.command("reset")
@exercise_argument
@workspace_option
def command(exercise: Exercise, workspace: "Workspace") -> None:
    """Restore the starter of an exercise.

    Your own file is not lost: it is moved to .kcnn/old in the homework folder.

    \b
    Example:  kcnn homework reset convolution
    """
    kept = workspace.reset(exercise)
    if kept is not None:
        click.echo(f"Moved your file to {kept}")
    click.echo(f"Restored the starter: {workspace.folder / workspace.file_of(exercise)}")
