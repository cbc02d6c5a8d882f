"""`kcnn homework reset`: the starter again."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, folder_option
from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["command"]


@click.command("reset")
@exercise_argument
@folder_option
def command(exercise: Exercise, folder: Path | None) -> None:
    """Give an exercise's starter out again. What was there is put away in .kcnn/old, and not lost.

    \b
    Example:  kcnn homework reset convolution
    """
    from keras_cnn_course.homework.student.workspace import find_workspace

    workspace = find_workspace(folder)
    kept = workspace.reset(exercise)
    if kept is not None:
        click.echo(f"Put away: {kept}")
    click.echo(f"As it was given out: {workspace.folder / exercise.file}")
