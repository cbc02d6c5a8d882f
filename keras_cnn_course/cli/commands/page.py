"""`kcnn page`: write the live page of a run."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.browser import open_option, show_file
from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import RunPath, html_option, trust_option, which_option

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.dataset import Dataset

__all__ = ["command"]

_RECIPE = "cnn"  # trained on the embedded digits, it reads more drawn ones than deep_cnn does: see docs/page.md


@click.command("page")
@click.argument("run", type=RunPath(), required=False)
@html_option(default="page.html in RUN")
@dataset_option(
    "Data set with the test images; without RUN, the one to train on.  [default: that of the run, or digits]",
    default=None,
)
@which_option
@trust_option
@open_option
def command(
    run: Path | None, out: Path | None, dataset: str | None, which: str, trust_recipe: bool, is_opened: bool
) -> None:
    """Write a live page of a run.

    On the page you draw a digit and watch every layer of the network while you draw. Point at a number to see how it
    was computed. The page is one HTML file that works offline: open it from a disk, an e-mail or a web site.

    Without RUN, the recipe cnn is trained for the page first.

    \b
    Example:  kcnn page runs/cnn-001 --open
              kcnn page --dataset mnist
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.files.markup import check_html_path

    if out is not None:
        check_html_path(out)
    if run is None:
        opened, data = _train(dataset or "digits")
    else:
        opened = open_run(run, trust_recipe=trust_recipe)
        data = opened.load_dataset(dataset)
    with opened.open_model(which, device="cpu") as model:
        from keras_cnn_course.inspection.writing import write_page

        path, page = write_page(opened.directory, model, data, out=out)
    rounding = page.rounding
    changed = f"{rounding.changed:,} {'answer' if rounding.changed == 1 else 'answers'} changed"
    click.echo(
        f"{len(page.html.encode()) / 1e6:.2f} MB; {rounding.correct_before:,} of {rounding.examples:,} test images "
        f"correct, {rounding.correct_after:,} with the weights rounded to two bytes ({changed})"
    )
    click.echo(str(path))
    if page.caution:
        click.echo(page.caution, err=True)
    if is_opened:
        show_file(path)


def _train(spec: str) -> "tuple[Run, Dataset]":
    """Train a network for the page."""
    from keras_cnn_course.api import train
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.page.steps import check_drawable

    data = load_dataset(spec)
    check_drawable(data.input_shape)
    command_line = shlex.join(["kcnn", "train", "--recipe", _RECIPE, "--dataset", spec])
    return train(_RECIPE, data, command=command_line), data
