"""`kcnn homework hint`: one more hint each time."""

from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, workspace_option
from keras_cnn_course.homework.authoring.exercise import Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


@click.command("hint")
@exercise_argument
@workspace_option
def command(exercise: Exercise, workspace: "Workspace") -> None:
    """Show the next hint for an exercise.

    Each exercise has three hints. The first gives you an idea, the last is almost the solution. Hints cost no points.

    \b
    Example:  kcnn homework hint convolution
    """
    hints = exercise.hints
    read = min(workspace.state.hints.get(exercise.name, 0), len(hints))
    for number, text in enumerate(hints[: read + 1], start=1):
        click.echo(f"Hint {number} of {len(hints)}: {' '.join(text.split())}\n")
    if read < len(hints):
        workspace.remember(workspace.state.with_hint(exercise.name))
    click.echo(f'Slide "{exercise.slide.title}": kcnn lecture {exercise.slide_key}')
