"""`kcnn homework calibrate`: how accurate a training must be, measured."""

from pathlib import Path

import click

__all__ = ["command"]


@click.command("calibrate")
@click.option("--seeds", type=click.IntRange(2, 1000), default=20, show_default=True, help="How many trainings.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What to write.  [default: the file that the grader reads]",
)
@click.option("--quiet", is_flag=True, help="No progress; errors and the result only.")
def command(seeds: int, out: Path | None, quiet: bool) -> None:
    """Measure from which accuracy on the training exercise gets full marks, and write it with the seeds.

    The reference is trained once a seed, on a split and with weights of its own. Full marks begin four standard
    deviations below the mean; below that, points fall linearly to none at guessing.

    \b
    Example:  kcnn homework calibrate --seeds 20
    """
    from keras_cnn_course.homework.grading.calibration import measure_threshold, threshold_path, write_threshold
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    def report(seed: int, accuracy: float) -> None:
        if not quiet:
            click.echo(f"seed {seed}: {accuracy:.2%}", err=True)

    with Sandboxes() as sandboxes:
        threshold = measure_threshold(range(seeds), sandboxes, report=report)
    target = out or threshold_path()
    write_threshold(threshold, target)
    click.echo(
        f"mean {threshold.mean:.2%}, standard deviation {threshold.deviation:.2%} over {seeds} seeds: "
        f"full marks from {threshold.full_marks:.1%} on"
    )
    click.echo(f"{target}")
