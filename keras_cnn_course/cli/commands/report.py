"""`kcnn report`: write a report on one or more runs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.browser import open_option, show_file
from keras_cnn_course.cli.options import html_option, runs_argument, trust_option, which_option

if TYPE_CHECKING:
    from keras_cnn_course.api import Run

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
    from keras_cnn_course.files.markup import check_html_path, write_html

    if out is not None:
        check_html_path(out)
    first = open_run(runs[0], trust_recipe=trust_recipe)
    if len(runs) > 1:
        from keras_cnn_course.report.comparison_report import build_comparison

        path, html = out or first.directory.html_file("report-compared"), build_comparison(runs)
    else:
        path, html = out or first.directory.html_file("report"), _report_on(first, which)
    write_html(html, path)
    click.echo(str(path))
    if is_opened:
        show_file(path)


def _report_on(run: "Run", which: str) -> str:
    """Return the report of one run."""
    data = run.dataset
    with run.open_model(which, device="cpu") as model:
        from keras_cnn_course.report.run_report import build_run_report

        return build_run_report(run.directory, model, data)
