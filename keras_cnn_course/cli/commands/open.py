"""`kcnn open`: open a run's page or report in the browser."""

from pathlib import Path

import click

from keras_cnn_course.cli.browser import show_file
from keras_cnn_course.cli.options import run_argument
from keras_cnn_course.errors import RunError

__all__ = ["command"]


@click.command("open")
@run_argument
@click.option("--report", "wants_report", is_flag=True, help="Open the report, even if there is a page.")
def command(run: Path, wants_report: bool) -> None:
    """Open a run's page in the browser.

    Opens the live page, or the report if there is no page, and prints its path.

    \b
    Example:  kcnn open runs/cnn-001 --report
    """
    from keras_cnn_course.api import open_run

    directory = open_run(run).directory
    names = ("report",) if wants_report else ("page", "report")
    path = next((file for name in names if (file := directory.html_file(name)).is_file()), None)
    if path is None:
        missing = " or ".join(directory.html_file(name).name for name in names)
        writing = " or ".join(f"kcnn {name} {run}" for name in names)
        raise RunError(f"No {missing} in {run}. Write it with: {writing}")
    click.echo(str(path))
    show_file(path)
