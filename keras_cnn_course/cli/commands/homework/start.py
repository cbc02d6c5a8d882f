"""`kcnn homework start`: create a homework folder."""

import getpass
import os
from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import EXERCISES_VARIABLE, only_option
from keras_cnn_course.cli.options import UserPath
from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.files.printable import printable
from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["command"]


@click.command("start")
@click.argument("folder", metavar="[DIR]", type=UserPath(), default=Path("hw"))
@click.option("--student", metavar="ID", help="Your student id in the course.  [default: your login name]")
@only_option("to write")
@click.option("--notebook", "as_notebooks", is_flag=True, help="Write one notebook per exercise.")
def command(folder: Path, student: str | None, exercises: list[Exercise], as_notebooks: bool) -> None:
    """Create a homework folder.

    DIR (default: hw) gets one Python file per exercise, and answers.toml with questions. Your random cases and your
    questions depend on your student id, so use the id that your instructor knows.

    With --notebook, it gets one notebook per exercise instead. The last cell of each checks your work.

    \b
    Example:  kcnn homework start --student ada.lovelace
              kcnn homework start --only 1-6 --notebook
    """
    from keras_cnn_course.homework.student.workspace import start_workspace

    id_from = "" if student else "login"
    workspace = start_workspace(
        folder, student or _login_name(), id_from=id_from, exercises=exercises, as_notebooks=as_notebooks
    )
    if id_from:
        click.echo(
            f"Your student id is your login name, {workspace.work.student}, because you gave none. If your instructor "
            "knows you by another id, delete this folder and start again with: kcnn homework start --student ID",
            err=True,
        )
    _describe(folder, workspace.exercises, workspace.work.student)
    first = workspace.exercises[0]
    if as_notebooks:
        click.echo(f"Open {folder / first.notebook}, for example with: jupyter lab {folder}")
    else:
        click.echo(f"Open {folder / first.file}, then run: kcnn homework check {first.name} --watch")


def _describe(folder: Path, exercises: tuple[Exercise, ...], student: str) -> None:
    """Print what was written, and what the exercises need that was not."""
    click.echo(f"{folder}: {len(exercises)} exercise{'s' if len(exercises) != 1 else ''} for {student}")
    written = {exercise.stem for exercise in exercises}
    for exercise in exercises:
        absent = [stem[5:] for stem in exercise.builds_on if stem not in written]
        if absent:
            click.echo(
                f"{exercise.name} builds on {' and '.join(absent)}, which is not in this folder. "
                "The reference's functions take its place."
            )
    own = [exercise for exercise in exercises if exercise.is_own]
    if own and not os.environ.get(EXERCISES_VARIABLE):
        click.echo(
            f"Set the environment variable {EXERCISES_VARIABLE} to {Path(str(own[0].folder)).parent}, so that other "
            "commands find all exercises. Or add --exercises DIR to each of them."
        )


def _login_name() -> str:
    """Return the login name.

    Raises:
        HomeworkError: it is not known, or cannot be a student id.
    """
    from keras_cnn_course.homework.student.work_files import check_student

    try:
        name = getpass.getuser()
    except (OSError, KeyError) as error:  # KeyError before Python 3.13
        raise HomeworkError("Your login name is not known. Give your student id: --student ID") from error
    try:
        return check_student(name)
    except HomeworkError as error:
        raise HomeworkError(
            f"Your login name {printable(name)!r} cannot be a student id. Give yours: kcnn homework start --student ID"
        ) from error
