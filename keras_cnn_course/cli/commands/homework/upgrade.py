"""`kcnn homework upgrade`: a homework folder for a newer version of the course."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import folder_option

__all__ = ["command"]


@click.command("upgrade")
@folder_option
def command(folder: Path | None) -> None:
    """Bring a homework folder up to the version of the course that is installed.

    Files that you have not touched are replaced. Beside those that you have, the new one is written with .new at its
    end: your work stays as it is.

    \b
    Example:  kcnn homework upgrade
    """
    from keras_cnn_course.homework.student.workspace import find_workspace

    workspace = find_workspace(folder)
    written = workspace.upgrade()
    for path in written:
        click.echo(f"{path}: {'beside yours, to compare' if path.suffix == '.new' else 'replaced'}")
    if not written:
        click.echo(f"{workspace.folder}: nothing has changed since it was given out.")
