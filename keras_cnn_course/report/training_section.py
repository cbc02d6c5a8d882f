"""The section on training: the curves of one or several runs, with the numbers of every epoch."""

from collections.abc import Sequence

from keras_cnn_course.plots.curves import plot_curves
from keras_cnn_course.report.document import Section, Table, make_figure
from keras_cnn_course.results.history import Curves

__all__ = ["make_training_section"]

_HEADER = ("epoch", "loss", "accuracy", "validation loss", "validation accuracy")


def make_training_section(runs: Sequence[Curves]) -> Section:
    """Return the section on the training of at least one run."""
    caption = (
        "Loss and accuracy after each epoch, without smoothing. Dashed lines are the training images, solid lines the "
        "validation images. The star marks the epoch with the smallest validation loss."
    )
    numbers = [_list_epochs(run, named=len(runs) > 1) for run in runs]
    return Section("training", "Training", make_figure(plot_curves(runs), caption=caption, numbers=numbers))


def _list_epochs(run: Curves, *, named: bool) -> Table:
    columns = zip(run.epoch, run.loss, run.accuracy, run.val_loss, run.val_accuracy, strict=True)
    rows = [
        (
            f"{epoch}{' (smallest validation loss)' if epoch == run.best_epoch else ''}",
            f"{loss:.4f}",
            f"{accuracy:.2%}",
            f"{val_loss:.4f}",
            f"{val_accuracy:.2%}",
        )
        for epoch, loss, accuracy, val_loss, val_accuracy in columns
    ]
    return Table(f"Epochs of {run.name}" if named else "Epochs", _HEADER, rows)
