"""The pictures that show how well a run did: training curves, confusion matrix, mistakes, reliability."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.inspection.answers import RunEvaluation

__all__ = ["draw_evaluation", "draw_results"]


def draw_results(run: "Run", data: "Dataset") -> None:
    """Draw the curves of a finished run, and how well it does on the test images."""
    curves = run.directory.plot_file("curves.png")
    run.plot_curves().savefig(curves)
    list(draw_evaluation(run.evaluate(data), folder=curves.parent))


def draw_evaluation(evaluation: "RunEvaluation", *, folder: Path, suffix: str = "") -> Iterator[Path]:
    """Draw the confusion matrix, the mistakes and the reliability, and yield the path of each picture when it is there.

    Args:
        suffix: what the names of the pictures end in, for another data set than that of the run.
    """
    yield evaluation.plot_confusion().savefig(folder / f"confusion{suffix}.png")
    yield evaluation.plot_mistakes().savefig(folder / f"mistakes{suffix}.png")
    if evaluation.reliability is not None:
        yield evaluation.plot_reliability().savefig(folder / f"reliability{suffix}.png")
