"""The section on a model's answers on the test images: confusion matrix, scores of each class, and mistakes."""

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.files.markup import join
from keras_cnn_course.plots.confusion import plot_confusion
from keras_cnn_course.plots.mistakes import plot_mistakes
from keras_cnn_course.report.document import Section, Table, make_figure, make_table
from keras_cnn_course.results.evaluation import Evaluation

__all__ = ["make_answers_section"]

_MISTAKES = 24


def make_answers_section(evaluation: Evaluation, data: Dataset, *, name: str) -> Section:
    """Return the section on a model's answers."""
    title = f"{name} on {data.name}"
    confusion = make_figure(
        plot_confusion(evaluation.confusion, data.class_names, name=title),
        caption=(
            "Confusion matrix. Each row is a true class and each column an answer. Correct answers are gray, so that "
            "the errors stand out."
        ),
        numbers=[_list_confusion(evaluation, data.class_names)],
    )
    mistakes = make_figure(
        plot_mistakes(data.x_test, evaluation.mistakes, data.class_names, name=title, files=data.files_test),
        caption=(
            "The most confident mistakes. Below each image are its true class and the model's three likeliest answers."
        ),
        numbers=[_list_mistakes(evaluation, data)],
    )
    scores = make_table(_list_scores(evaluation, data.class_names))
    return Section("answers", "Answers", join([confusion, scores, mistakes]))


def _list_confusion(evaluation: Evaluation, names: tuple[str, ...]) -> Table:
    rows = [
        (name, *(f"{count:,}" for count in counts)) for name, counts in zip(names, evaluation.confusion, strict=True)
    ]
    return Table(
        "Number of test images by true class and answer", ("true class", *(f"answer {name}" for name in names)), rows
    )


def _list_scores(evaluation: Evaluation, names: tuple[str, ...]) -> Table:
    rows = [
        (name, _share(scores.precision), _share(scores.recall), _share(scores.f1), f"{scores.support:,}")
        for name, scores in zip(names, evaluation.classes, strict=True)
    ]
    return Table("Scores of each class", ("class", "precision", "recall", "F1", "images"), rows)


def _list_mistakes(evaluation: Evaluation, data: Dataset) -> Table:
    names, files = data.class_names, data.files_test
    rows = [
        (
            f"#{mistake.index}, {files[mistake.index]}" if files else f"#{mistake.index}",
            names[mistake.true],
            ", ".join(f"{names[guess.label]} {guess.probability:.1%}" for guess in mistake.guesses),
        )
        for mistake in evaluation.mistakes[:_MISTAKES]
    ]
    return Table("The most confident mistakes", ("test image", "true class", "likeliest answers"), rows)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"
