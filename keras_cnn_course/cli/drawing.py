"""The pictures that show how well a run did: training curves, confusion matrix, mistakes, reliability."""

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
    draw_evaluation(run.evaluate(data), folder=curves.parent)


def draw_evaluation(evaluation: "RunEvaluation", *, folder: Path, suffix: str = "") -> list[Path]:
    """Draw the confusion matrix, the mistakes and the reliability, and return the paths of the pictures.

    Args:
        suffix: what the names of the pictures end in, for another data set than that of the run.
    """
    confusion, mistakes = folder / f"confusion{suffix}.png", folder / f"mistakes{suffix}.png"
    evaluation.plot_confusion().savefig(confusion)
    evaluation.plot_mistakes().savefig(mistakes)
    if evaluation.reliability is None:
        return [confusion, mistakes]
    reliability = folder / f"reliability{suffix}.png"
    evaluation.plot_reliability().savefig(reliability)
    return [confusion, mistakes, reliability]
