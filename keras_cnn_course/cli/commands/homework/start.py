"""`kcnn homework start`: a new homework folder."""

import getpass
from pathlib import Path

import click

from keras_cnn_course.errors import HomeworkError

__all__ = ["command"]


@click.command("start")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("hw"))
@click.option("--student", metavar="ID", help="Your id in the course.  [default: your login name]")
def command(folder: Path, student: str | None) -> None:
    """Write a new homework folder DIR (hw): a file for each exercise, and questions to answer.

    Your random cases and your questions follow your id, so give the one by which your instructor knows you.

    \b
    Example:  kcnn homework start --student ada.lovelace
    """
    from keras_cnn_course.homework.student.workspace import start_workspace

    workspace = start_workspace(folder, student or _login_name())
    click.echo(f"{folder}: {len(workspace.work.sources)} exercises for {workspace.work.student}")
    click.echo(f"Begin with {folder / 'ex01_convolution.py'}, then: kcnn homework check convolution --watch")


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # KeyError before Python 3.13
        raise HomeworkError("Expected a login name to use as your id. Received: none. Give it: --student ID") from error
