"""`kcnn homework solution`: another right answer, for who has found one."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, folder_option
from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["command"]


@click.command("solution")
@exercise_argument
@folder_option
@click.option("--all", "show_all", is_flag=True, help="Show the other accepted answers, too.")
def command(exercise: Exercise, folder: Path | None, show_all: bool) -> None:
    """Print a right answer to an exercise, once yours has passed: there is usually more than one.

    \b
    Example:  kcnn homework solution convolution --all
    """
    from keras_cnn_course.homework.student.workspace import find_workspace

    if exercise.stem not in find_workspace(folder).passed:
        raise HomeworkError(
            f"Expected {exercise.name} to have passed, as it is now. Received: it has not. "
            f"First: kcnn homework check {exercise.name}"
        )
    click.echo(exercise.read("solution.py").rstrip())
    for name, text in exercise.accepted.items() if show_all else ():
        click.echo(f"\n# ---- {name} ----\n\n{text.rstrip()}")
