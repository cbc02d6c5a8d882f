"""`kcnn plot`: plot training curves."""

from pathlib import Path

import click

from keras_cnn_course.cli.browser import open_option, show_file
from keras_cnn_course.cli.options import picture_option, runs_argument

__all__ = ["command"]


@click.command("plot")
@runs_argument
@picture_option(default="plots/curves.png in RUN; for several, plots/curves-compared.png in the first")
@open_option
def command(runs: tuple[Path, ...], out: Path | None, is_opened: bool) -> None:
    """Plot training curves.

    Draws the loss and the accuracy of one run, or of several runs on the same axes. A run that is still training is
    drawn up to its last epoch.

    \b
    Example:  kcnn plot runs/mlp-001 runs/cnn-001 --out mlp-and-cnn.svg
    """
    from keras_cnn_course.inspection.functions import plot_curves
    from keras_cnn_course.plots.saving import check_picture_path
    from keras_cnn_course.results.history import read_all_curves
    from keras_cnn_course.runs.directory import RunDirectory

    path = out or RunDirectory(runs[0]).plot_file("curves.png" if len(runs) == 1 else "curves-compared.png")
    check_picture_path(path)
    plot_curves(*runs).savefig(path)
    for run in read_all_curves(runs):
        click.echo(
            f"{run.name}: validation loss is smallest in epoch {run.best_epoch} of {len(run.epoch)}: "
            f"{run.val_loss[run.best]:.4f}, with a validation accuracy of {run.val_accuracy[run.best]:.2%}"
        )
    click.echo(str(path))
    if is_opened:
        show_file(path)
