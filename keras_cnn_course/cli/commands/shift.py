"""`kcnn shift`: how accurate a model stays when the object in every image is moved."""

import dataclasses
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import (
    device_option,
    json_option,
    picture_option,
    runs_argument,
    trust_option,
    which_option,
)
from keras_cnn_course.cli.output import echo_json, format_table
from keras_cnn_course.cli.streams import terminal
from keras_cnn_course.files.printable import printable

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.results.shift import ShiftTest

__all__ = ["command"]

_IMAGES_FOR_EQUIVARIANCE = 100


@click.command("shift")
@runs_argument
@dataset_option("Data set with the test images.  [default: that of each run]", default=None)
@click.option(
    "--radius",
    type=click.IntRange(1, 12),
    default=4,
    show_default=True,
    help="Largest shift per axis, in pixels.",
)
@which_option
@trust_option
@device_option
@picture_option(default="plots/shift.png in the first RUN")
@json_option
def command(
    runs: tuple[Path, ...],
    dataset: str | None,
    radius: int,
    which: str,
    trust_recipe: bool,
    device: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Test a model on shifted images.

    Shifts all test images by every (dx, dy) and draws how accurate each run stays. For a model with a convolution it
    also measures whether the feature maps move with the object, as the lecture says, and how much the first pooling
    changes. The border that a shift uncovers is filled with zeros.

    \b
    Example:  kcnn shift runs/mlp-001 runs/cnn-001
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.plots.saving import check_picture_path, save_picture
    from keras_cnn_course.results.history import label_runs

    opened = [open_run(path, trust_recipe=trust_recipe) for path in runs]
    target = out or opened[0].directory.plot_file("shift.png")
    check_picture_path(target)
    datasets = [run.load_dataset(dataset) for run in opened]
    tests = [
        _test(run, data, name=name, which=which, device=device, radius=radius)
        for run, data, name in zip(opened, datasets, label_runs(runs), strict=True)
    ]
    from keras_cnn_course.plots.shift import plot_shift
    from keras_cnn_course.results.shift import explain_shift_tests

    save_picture(plot_shift(tests), target)
    explanation = explain_shift_tests(tests)
    if as_json:
        facts = {"radius": radius, "model": which, "picture": str(target), "explanation": explanation}
        echo_json({**facts, "runs": [_to_json(test) for test in tests]})
    else:
        click.echo(f"{_format_rings(tests, radius)}\n\n{textwrap.fill(explanation, width=88)}\n\n{target}")


def _test(run: "Run", data: "Dataset", *, name: str, which: str, device: str, radius: int) -> "ShiftTest":
    """Run the shift test of one run, with a progress bar on stderr."""
    with run.open_model(which, device=device) as model:
        from keras_cnn_course.models.equivariance import measure_convolution_shift
        from keras_cnn_course.results.shift import ShiftTest, measure_shift_accuracy

        shifts = (2 * radius + 1) ** 2
        label = f"{name}: {shifts} shifts of {len(data.x_test):,} images of {data.name}"
        with click.progressbar(
            length=shifts * len(data.x_test), label=printable(label), file=terminal(sys.stderr)
        ) as bar:
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
