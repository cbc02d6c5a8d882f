"""`kcnn open`: a run's page or report in the browser."""

import os
import sys
import webbrowser
from pathlib import Path

import click

from keras_cnn_course.cli.options import run_argument
from keras_cnn_course.errors import RunError

__all__ = ["command"]


@click.command("open")
@run_argument
@click.option("--report", "wants_report", is_flag=True, help="Open the report, even where there is a page.")
def command(run: Path, wants_report: bool) -> None:
    """Open the live page of RUN in the browser, or its report where it has no page.

    The path is printed, too; on a machine without a browser that is all.

    \b
    Example:  kcnn open runs/cnn-001 --report
    """
    from keras_cnn_course.runs.directory import RunDirectory

    directory = RunDirectory.open(run)
    names = ("report",) if wants_report else ("page", "report")
    path = next((file for name in names if (file := directory.html_file(name)).is_file()), None)
    if path is None:
        expected = " or ".join(directory.html_file(name).name for name in names)
        writing = " or ".join(f"`kcnn {name} {run}`" for name in names)
        raise RunError(f"Expected {expected} in {run}. Received a run without. Write it with {writing}.")
    click.echo(str(path))
    if not (_has_browser() and webbrowser.open(path.resolve().as_uri())):
        click.echo("There is no browser here: open the file on a machine that has one.", err=True)


def _has_browser() -> bool:
    """Return whether a window can be opened; a browser in the terminal, which Python would take, shows no page."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
