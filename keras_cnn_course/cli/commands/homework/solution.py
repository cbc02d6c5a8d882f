"""`kcnn homework solution`: the course's solutions, for students who have their own."""

from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, workspace_option
from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.exercise import Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


@click.command("solution")
@exercise_argument
@workspace_option
@click.option("--all", "show_all", is_flag=True, help="Also show the other solutions that the course knows.")
def command(exercise: Exercise, workspace: "Workspace", show_all: bool) -> None:
    """Show a solution after yours has passed.

    Most exercises can be solved in several ways. Compare yours with these.

    \b
    Example:  kcnn homework solution convolution --all
    """
    if exercise.stem not in workspace.passed:
        raise HomeworkError(
            f"{workspace.file_of(exercise)} has not passed yet, so its solution is not shown. "
            f"Check it with: kcnn homework check {exercise.name}"
        )
    click.echo(exercise.read("solution.py").rstrip())
    for name, text in exercise.accepted.items() if show_all else ():
        click.echo(f"\n# ---- {name} ----\n\n{text.rstrip()}")
