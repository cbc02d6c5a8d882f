"""`kcnn homework list`: the exercises, and how far one has come."""

import json
from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import folder_option, json_option
from keras_cnn_course.cli.output import format_table
from keras_cnn_course.homework.authoring.exercise import list_exercises

__all__ = ["command"]


@click.command("list")
@folder_option
@json_option
def command(folder: Path | None, as_json: bool) -> None:
    """List the exercises with their slides and points, and which of them have passed.

    \b
    Example:  kcnn homework list
    """
    states = _read_states(folder)
    if as_json:
        values = [
            {"number": exercise.number, "name": exercise.name, "title": exercise.title, "slide": exercise.slide_key,
             "points": exercise.points, "runs": exercise.kind, "state": states.get(exercise.name)}
            for exercise in list_exercises()
        ]  # fmt: skip
        click.echo(json.dumps(values, indent=2))
        return
    header = ["exercise", "state", "slide", "builds on", "points"]
    rows = [
        [
            f"{exercise.number:>2} {exercise.name}",
            states.get(exercise.name, ""),
            exercise.slide_key,
            ", ".join(stem[5:] for stem in exercise.builds_on),
            str(exercise.points),
        ]
        for exercise in list_exercises()
    ]
    if not states:
        header, rows = [column for column in header if column != "state"], [[row[0], *row[2:]] for row in rows]
    click.echo(format_table(header, rows, left=len(header) - 1))
    click.echo(f"\n{sum(exercise.points for exercise in list_exercises())} points in all.")


def _read_states(folder: Path | None) -> dict[str, str]:
    """Return how far each exercise is; nothing where there is no homework folder."""
    from keras_cnn_course.homework.student.workspace import find_workspace, locate_workspace

    if folder is None and locate_workspace() is None:
        return {}
    workspace = find_workspace(folder)
    return {exercise.name: workspace.describe(exercise) for exercise in list_exercises()}
