"""`kcnn shift`: how accurate a model stays when the object in every image is moved."""

import dataclasses
import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.options import dataset_option, device_option, runs_argument, which_option
from keras_cnn_course.cli.output import format_table

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.results.shift import ShiftTest
    from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["command"]

_IMAGES_FOR_EQUIVARIANCE = 100


@click.command("shift")
@runs_argument
@dataset_option("Data set whose test images are moved, by name or path.  [default: each run's own]", default=None)
@click.option(
    "--radius", type=click.IntRange(1, 12), default=4, show_default=True, help="Longest shift along an axis, in pixels."
)
@which_option
@device_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Picture to write: .png, .svg or .pdf.  [default: plots/shift.png in the first run]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    runs: tuple[Path, ...], dataset: str | None, radius: int, which: str, device: str, out: Path | None, as_json: bool
) -> None:
    """Move all test images by every (dx, dy) and draw the accuracy that each RUN keeps.

    For a model with a convolution it also measures the lecture's claims: that the convolution moves with the object,
    and how much the first pooling still changes. What comes in from outside an image is zeros.

    \b
    Example:  kcnn shift runs/mlp-001 runs/cnn-001
    """
    from keras_cnn_course.plots.saving import check_picture_path
    from keras_cnn_course.results.history import label_runs
    from keras_cnn_course.results.run_data import load_run_data
    from keras_cnn_course.runs.directory import RunDirectory

    directories = [RunDirectory.open(path) for path in runs]
    target = out or directories[0].plot_file("shift.png")
    check_picture_path(target)
    datasets = [load_run_data(directory.read_record(), dataset) for directory in directories]

    from keras_cnn_course.devices import backend

    started = backend.start(device=device)
    import tensorflow as tf

    from keras_cnn_course.plots.saving import save_picture
    from keras_cnn_course.plots.shift import plot_shift
    from keras_cnn_course.results.shift import explain_shift_tests

    with tf.device(started.tf_device):
        tests = [
            _test(directory, data, name=name, which=which, radius=radius)
            for directory, data, name in zip(directories, datasets, label_runs(runs), strict=True)
        ]
    save_picture(plot_shift(tests), target)
    explanation = explain_shift_tests(tests)
    if as_json:
        facts = {"radius": radius, "model": which, "picture": str(target), "explanation": explanation}
        click.echo(json.dumps({**facts, "runs": [_to_json(test) for test in tests]}, indent=2))
    else:
        click.echo(f"{_format_rings(tests, radius)}\n\n{textwrap.fill(explanation, width=88)}\n\n{target}")


def _test(directory: "RunDirectory", data: "Dataset", *, name: str, which: str, radius: int) -> "ShiftTest":
    """Run the shift test of one run, with a progress bar on stderr."""
    from keras_cnn_course.models.equivariance import measure_convolution_shift
    from keras_cnn_course.results.shift import ShiftTest, measure_shift_accuracy

    model = directory.load_model(which)
    shifts = (2 * radius + 1) ** 2
    label = f"{name}: {shifts} shifts of {len(data.x_test):,} images of {data.name}"
    with click.progressbar(length=shifts * len(data.x_test), label=label, file=sys.stderr) as bar:
        accuracy = measure_shift_accuracy(model, data.x_test, data.y_test, radius=radius, progressed=bar.update)
    convolution = measure_convolution_shift(model, data.x_test[:_IMAGES_FOR_EQUIVARIANCE], radius=radius)
    return ShiftTest(name, data.name, accuracy, convolution)


def _format_rings(tests: Sequence["ShiftTest"], radius: int) -> str:
    """Return a table of the mean accuracy of each run at each distance, and of its accuracy at the worst shift."""
    header = ("accuracy after a shift of", *(f"{pixels} px" for pixels in range(radius + 1)), "worst shift")
    rows = []
    for test in tests:
        means = [f"{test.accuracy.at_distance(pixels).mean():.2%}" for pixels in range(radius + 1)]
        rows.append((test.name, *means, f"{test.accuracy.accuracy.min():.2%}"))
    return format_table(header, rows)


def _to_json(test: "ShiftTest") -> dict[str, Any]:
    """Return the numbers of a test; `accuracy` has one row per shift down and one column per shift to the right."""
    return {
        "name": test.name,
        "dataset": test.dataset,
        "examples": test.accuracy.examples,
        "accuracy": test.accuracy.accuracy.tolist(),
        "convolution": None if test.convolution is None else dataclasses.asdict(test.convolution),
    }
