"""`kcnn homework upgrade`: update a homework folder to a newer version of the course."""

from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import workspace_option

if TYPE_CHECKING:
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = ["command"]


@click.command("upgrade")
@workspace_option
def command(workspace: "Workspace") -> None:
    """Update a homework folder to this version.

    Run this after you have installed a newer version of the course. Files that you have not changed are replaced. Files
    that you have changed stay as they are, and the new version is written next to them, with the suffix .new. A
    notebook that is replaced is moved to .kcnn/old, because it may contain notes of yours.

    \b
    Example:  kcnn homework upgrade
    """
    written = workspace.upgrade()
    for path, kept in written.items():
        done = f"new version of {path.stem}; your file is unchanged" if path.suffix == ".new" else "replaced"
        click.echo(f"{path}: {done}" + (f"; the old one is {kept}" if kept is not None else ""))
    if not written:
        click.echo(f"{workspace.folder} is up to date.")
