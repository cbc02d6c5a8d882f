"""`kcnn homework hint`: a nudge, and then another."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import exercise_argument, folder_option
from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["command"]


@click.command("hint")
@exercise_argument
@folder_option
def command(exercise: Exercise, folder: Path | None) -> None:
    """Show the next hint of an exercise; there are three, from a nudge to nearly the answer. They cost no points.

    \b
    Example:  kcnn homework hint convolution
    """
    from keras_cnn_course.homework.student.workspace import find_workspace

    workspace = find_workspace(folder)
    hints = exercise.hints
    read = min(workspace.state.hints.get(exercise.name, 0), len(hints))
    shown = hints[: read + 1]
    for number, text in enumerate(shown, start=1):
        click.echo(f"Hint {number} of {len(hints)}: {' '.join(text.split())}\n")
    if read < len(hints):
        workspace.remember(workspace.state.with_hint(exercise.name))
    click.echo(f'Slide "{exercise.slide.title}": kcnn lecture {exercise.slide_key}')
