"""The pictures that show how well a run did: training curves, confusion matrix, mistakes."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.results.evaluation import Evaluation

__all__ = ["draw_evaluation", "draw_results"]


def draw_results(run: "Run", data: "Dataset") -> None:
    """Draw the curves of a finished run, and the confusion matrix and the mistakes on the test images."""
    from keras_cnn_course.plots.curves import plot_curves
    from keras_cnn_course.plots.saving import save_picture
    from keras_cnn_course.results.evaluation import evaluate_model
    from keras_cnn_course.results.history import read_all_curves

    curves = run.directory.plot_file("curves.png")
    save_picture(plot_curves(read_all_curves([run.path])), curves)
    with run.open_model() as model:
        evaluation = evaluate_model(model, data.x_test, data.y_test)
    draw_evaluation(evaluation, data, run_name=run.name, folder=curves.parent)


def draw_evaluation(
    evaluation: "Evaluation", data: "Dataset", *, run_name: str, folder: Path, suffix: str = ""
) -> tuple[Path, Path]:
    """Draw the confusion matrix and the mistakes, and return the paths of both pictures.

    Args:
        suffix: what the names of the pictures end in, for another data set than that of the run.
    """
    from keras_cnn_course.plots.confusion import plot_confusion
    from keras_cnn_course.plots.mistakes import plot_mistakes
    from keras_cnn_course.plots.saving import save_picture

    confusion, mistakes = folder / f"confusion{suffix}.png", folder / f"mistakes{suffix}.png"
    title = f"{run_name} on {data.name}"
    save_picture(plot_confusion(evaluation.confusion, data.class_names, name=title), confusion)
    save_picture(plot_mistakes(data.x_test, evaluation.mistakes, data.class_names, name=title), mistakes)
    return confusion, mistakes
