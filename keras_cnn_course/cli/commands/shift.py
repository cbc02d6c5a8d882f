"""`kcnn shift`: how accurate a model stays when the object in every image is moved."""

import dataclasses
import sys
import textwrap
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

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

if TYPE_CHECKING:
    from keras_cnn_course.results.shift import ShiftTest

__all__ = ["command"]


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
    from keras_cnn_course.inspection.comparing import run_shift_tests
    from keras_cnn_course.plots.saving import check_picture_path

    opened = [open_run(path, trust_recipe=trust_recipe) for path in runs]
    target = out or opened[0].directory.plot_file("shift.png")
    check_picture_path(target)
    with _Bars() as bars:
        result = run_shift_tests(opened, dataset, radius=radius, which=which, device=device, progressed=bars.move)
    tests, explanation = result.tests, result.explanation
    result.plot().savefig(target)
    if as_json:
        facts = {"radius": radius, "model": which, "picture": str(target), "explanation": explanation}
        echo_json({**facts, "runs": [_to_json(test) for test in tests]})
    else:
        click.echo(f"{_format_rings(tests, radius)}\n\n{textwrap.fill(explanation, width=88)}\n\n{target}")


class _Bars:
    """A progress bar on stderr for each run in turn."""

    def __init__(self) -> None:
        self._label, self._open = "", ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def move(self, label: str, total: int, count: int) -> None:
        """Move the bar of a run by a number of images."""
        if label != self._label:
            self._open.close()
            bar = click.progressbar(length=total, label=label, file=sys.stderr)
            self._label, self._bar = label, self._open.enter_context(bar)
        self._bar.update(count)


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
