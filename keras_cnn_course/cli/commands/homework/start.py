"""`kcnn homework start`: create a homework folder."""

import getpass
import os
from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import EXERCISES_VARIABLE
from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.exercise import list_exercises

__all__ = ["command"]


@click.command("start")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("hw"))
@click.option("--student", metavar="ID", help="Your student id in the course.  [default: your login name]")
def command(folder: Path, student: str | None) -> None:
    """Create a homework folder.

    DIR (default: hw) gets one Python file per exercise, and answers.toml with questions. Your random cases and your
    questions depend on your student id, so use the id that your instructor knows.

    \b
    Example:  kcnn homework start --student ada.lovelace
    """
    from keras_cnn_course.homework.student.workspace import start_workspace

    id_from = "" if student else "login"
    workspace = start_workspace(folder, student or _login_name(), id_from=id_from)
    if id_from:
        click.echo(
            f"Your student id is your login name, {workspace.work.student}, because you gave none. If your instructor "
            "knows you by another id, delete this folder and start again with: kcnn homework start --student ID",
            err=True,
        )
    click.echo(f"{folder}: {len(workspace.work.sources)} exercises for {workspace.work.student}")
    own = [exercise for exercise in list_exercises() if exercise.is_own]
    if own and not os.environ.get(EXERCISES_VARIABLE):
        click.echo(
            f"Set the environment variable {EXERCISES_VARIABLE} to {Path(str(own[0].folder)).parent}, so that other "
            "commands find all exercises. Or add --exercises DIR to each of them."
        )
    click.echo(f"Open {folder / 'ex01_convolution.py'}, then run: kcnn homework check convolution --watch")


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # KeyError before Python 3.13
        raise HomeworkError("Your login name is not known. Give your student id: --student ID") from error
