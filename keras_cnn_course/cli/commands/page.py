"""`kcnn page`: the live page of a run."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.options import RunPath, dataset_option, which_option

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.runs.directory import RunDirectory, RunRecord

__all__ = ["command"]

# Drawn digits are recognised best by it, of what was measured: docs/page.md.
_RECIPE, _AUGMENT = "deep_cnn", "elastic"


@click.command("page")
@click.argument("run", type=RunPath(), required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: page.html in the run]",
)
@dataset_option(
    "Data set whose test images are shown, or without RUN the one to train on.  [default: the run's own; digits]",
    default=None,
)
@which_option
def command(run: Path | None, out: Path | None, dataset: str | None, which: str) -> None:
    """Write the live page of RUN: draw a digit, and watch every layer of the network while you draw.

    One HTML file that holds the network, needs nothing else and sends nothing anywhere: open it from a disk, an
    e-mail or a web site. Point at a number to see how it was computed.

    Without RUN, the network for the page is trained first: deep_cnn, on images distorted as hands distort them.

    \b
    Example:  kcnn page runs/cnn-001 && kcnn open runs/cnn-001
              kcnn page --dataset mnist
    """
    from keras_cnn_course.files.markup import check_html_path, write_html
    from keras_cnn_course.results.run_data import load_run_data
    from keras_cnn_course.runs.directory import RunDirectory

    if out is not None:
        check_html_path(out)
    if run is None:
        directory, record, data = _train(dataset or "digits")
    else:
        directory = RunDirectory.open(run)
        record = directory.read_record()
        data = load_run_data(record, dataset)

    from keras_cnn_course.devices import backend

    started = backend.start(device="cpu")
    import tensorflow as tf

    from keras_cnn_course.page.writing import build_page

    with tf.device(started.tf_device):
        page = build_page(directory.load_model(which), record, data, name=directory.name)
    path = out or directory.html_file("page")
    write_html(page.html, path)
    rounding = page.rounding
    changed = f"{rounding.changed:,} {'answer' if rounding.changed == 1 else 'answers'} changed"
    click.echo(
        f"{len(page.html.encode()) / 1e6:.2f} MB; {rounding.right_before:,} of {rounding.examples:,} test images "
        f"right, {rounding.right_after:,} with the weights rounded to two bytes ({changed})"
    )
    click.echo(str(path))
    if record.dataset == "digits" and record.hyperparameters.get("augment", "none") == "none":
        click.echo(
            f"Drawn digits will often be misread: this network saw few hands. `kcnn train --augment {_AUGMENT}` helps.",
            err=True,
        )


def _train(spec: str) -> "tuple[RunDirectory, RunRecord, Dataset]":
    """Train the page's own network."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.cli.training import watching
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.devices import backend
    from keras_cnn_course.page.steps import check_drawable

    data = load_dataset(spec)
    check_drawable(data.input_shape)
    started = backend.start()
    from keras_cnn_course.training.trainer import TrainingSettings, train

    command_line = shlex.join(["kcnn", "train", "--recipe", _RECIPE, "--dataset", spec, "--augment", _AUGMENT])
    settings = TrainingSettings(overrides={"augment": _AUGMENT}, command=command_line)
    with watching(quiet=False) as (callback, stop):
        directory = train(find_recipe(_RECIPE), data, settings, backend=started, callback=callback, stop=stop)
    return directory, directory.read_record(), data
