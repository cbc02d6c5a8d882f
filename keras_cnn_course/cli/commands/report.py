"""`kcnn report`: write a report on one or more runs."""

from pathlib import Path

import click

from keras_cnn_course.cli.browser import open_option, show_file
from keras_cnn_course.cli.options import html_option, runs_argument, trust_option, which_option

__all__ = ["command"]


@click.command("report")
@runs_argument
@html_option(default="report.html in RUN; for several, report-compared.html in the first")
@which_option
@trust_option
@open_option
def command(runs: tuple[Path, ...], out: Path | None, which: str, trust_recipe: bool, is_opened: bool) -> None:
    """Write a report on one or more runs.

    The report is one HTML file with the results, curves, filters and mistakes, to read, print or send. A report on
    several runs compares their curves, settings and seeds.

    \b
    Example:  kcnn report runs/cnn-001
              kcnn report runs/mlp-001 runs/cnn-001 --out comparison.html
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.files.markup import check_html_path
    from keras_cnn_course.inspection.functions import compare

    if out is not None:
        check_html_path(out)
    first = open_run(runs[0], trust_recipe=trust_recipe)
    compared = first if len(runs) == 1 else compare(*runs, trust_recipe=trust_recipe)
    path = compared.report(out=out, which=which)
    click.echo(str(path))
    if is_opened:
        show_file(path)
