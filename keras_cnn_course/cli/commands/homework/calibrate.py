"""`kcnn homework calibrate`: the accuracy for full marks, measured."""

from pathlib import Path

import click

from keras_cnn_course.cli.groups import PlainOption
from keras_cnn_course.cli.options import out_option, quiet_option

__all__ = ["command"]


@click.command("calibrate")
@click.option(
    "--seeds",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(2, 1000),
    default=20,
    show_default=True,
    help="Number of trainings, each with its own seed.",
)
@out_option("JSON file to write.", default="threshold.json of the training exercise", dir_okay=False)
@quiet_option
def command(seeds: int, out: Path | None, quiet: bool) -> None:
    """Measure the accuracy that earns full marks.

    The reference solution of the training exercise is trained once per seed, each time with a new split and new
    initial weights. Full marks begin six standard deviations below the mean accuracy. Below that, the points fall
    linearly to 0 at the accuracy of guessing.

    \b
    Example:  kcnn homework calibrate --seeds 20
    """
    from keras_cnn_course.homework.grading.calibration import (
        check_place,
        measure_threshold,
        threshold_path,
        write_threshold,
    )
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    def report(seed: int, accuracy: float) -> None:
        if not quiet:
            click.echo(f"seed {seed}: {accuracy:.2%}", err=True)

    target = out or threshold_path()
    check_place(target)
    with Sandboxes() as sandboxes:
        threshold = measure_threshold(range(seeds), sandboxes, report=report)
    click.echo(
        f"Accuracy over {seeds} seeds: mean {threshold.mean:.2%}, standard deviation {threshold.deviation:.2%}. "
        f"Full marks from {threshold.full_marks:.1%}."
    )
    write_threshold(threshold, target)
    click.echo(str(target))
