"""`kcnn report`: a run, or several, as one HTML file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.options import runs_argument, which_option

if TYPE_CHECKING:
    from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["command"]


@click.command("report")
@runs_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: report.html in the run; of several runs report-compared.html in the first]",
)
@which_option
def command(runs: tuple[Path, ...], out: Path | None, which: str) -> None:
    """Write a report: one HTML file with results, curves, filters and mistakes, to read, print or send.

    Of several runs, it shows their curves on the same axes, the settings in which they differ, and how far apart
    their seeds lie.

    \b
    Example:  kcnn report runs/cnn-001
              kcnn report runs/mlp-001 runs/cnn-001 --out comparison.html
    """
    from keras_cnn_course.files.markup import check_html_path, write_html
    from keras_cnn_course.runs.directory import RunDirectory

    if out is not None:
        check_html_path(out)
    directory = RunDirectory.open(runs[0])
    if len(runs) > 1:
        from keras_cnn_course.report.comparison_report import build_comparison

        path, html = out or directory.html_file("report-compared"), build_comparison(runs)
    else:
        path, html = out or directory.html_file("report"), _report_on(directory, which)
    write_html(html, path)
    click.echo(str(path))


def _report_on(directory: "RunDirectory", which: str) -> str:
    """Return the report of one run."""
    from keras_cnn_course.results.run_data import load_run_data

    data = load_run_data(directory.read_record())

    from keras_cnn_course.devices import backend

    started = backend.start(device="cpu")
    import tensorflow as tf

    from keras_cnn_course.report.run_report import build_run_report

    with tf.device(started.tf_device):
        return build_run_report(directory, directory.load_model(which), data)
