"""`kcnn homework list`: the exercises and the student's progress."""

from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import optional_workspace_option, report_unknown_files
from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import echo_json, format_table
from keras_cnn_course.homework.authoring.exercise import list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


@click.command("list")
@optional_workspace_option
@json_option
def command(workspace: "Workspace | None", as_json: bool) -> None:
    """List the exercises and your progress.

    Each exercise has a number, a name and a slide (kcnn lecture SLIDE). Outside a homework folder, the progress is left
    out. In a folder made with `start --only`, the other exercises are left out.

    \b
    Example:  kcnn homework list
    """
    exercises = workspace.exercises if workspace else list_exercises()
    states = {exercise.name: workspace.describe(exercise) for exercise in exercises} if workspace else {}
    if workspace:
        report_unknown_files(workspace, "Not listed")
    if as_json:
        echo_json(
            [
                {
                    "number": exercise.number,
                    "name": exercise.name,
                    "title": exercise.title,
                    "slide": exercise.slide_key,
                    "points": exercise.points,
                    "runs": exercise.kind,
                    "state": states.get(exercise.name),
                }
                for exercise in exercises
            ]
        )
        return
    header = ["exercise", *(["state"] if states else []), "slide", "builds on", "points"]
    rows = [
        [
            f"{exercise.number:>2} {exercise.name}",
            *([states[exercise.name]] if states else []),
            exercise.slide_key,
            ", ".join(stem[5:] for stem in exercise.builds_on),
            str(exercise.points or "-"),
        ]
        for exercise in exercises
    ]
    click.echo(format_table(header, rows, left=len(header) - 1))
    click.echo(f"\n{sum(exercise.points for exercise in exercises)} points in total.")
