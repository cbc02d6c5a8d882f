"""`kcnn evaluate`: evaluate a model on test images."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.data_options import dataset_option, pixel_range_option
from keras_cnn_course.cli.drawing import draw_evaluation
from keras_cnn_course.cli.options import (
    device_option,
    json_option,
    out_option,
    run_argument,
    trust_option,
    which_option,
)
from keras_cnn_course.cli.output import echo_json, echo_notes, format_table, wrap
from keras_cnn_course.datasets.registry import DATASETS
from keras_cnn_course.results.interval import format_interval

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.inspection.answers import RunEvaluation
    from keras_cnn_course.results.calibration import Reliability
    from keras_cnn_course.runs.record import RunRecord

__all__ = ["command"]


@click.command("evaluate")
@run_argument
@dataset_option("Data set with the test images.  [default: that of the run]", default=None)
@click.option(
    "--classes",
    metavar="THEIRS=MODEL,...",
    help="Pairs of a class of --dataset and the same class of the model.  [default: classes of the same name]",
)
@pixel_range_option
@click.option(
    "--shifts",
    metavar="PIXELS",
    type=int,
    default=0,
    help="Average the probabilities over all shifts of an image by up to this many pixels, at most 3. 1 means 9 "
    "shifts, so it takes 9 times as long. The loss is then the cross entropy of the mean.",
)
@which_option
@trust_option
@device_option
@out_option("Folder for the pictures.", default="plots in RUN")
@json_option
def command(
    run: Path,
    dataset: str | None,
    classes: str | None,
    pixel_range: tuple[float, float] | None,
    shifts: int,
    which: str,
    trust_recipe: bool,
    device: str,
    as_json: bool,
    out: Path | None,
) -> None:
    """Evaluate a model on test images.

    Prints the loss, the accuracy with its 95% interval, and the scores of each class. Draws the confusion matrix
    (confusion.png), the most confident mistakes (mistakes.png) and the reliability diagram (reliability.png). With
    another data set, with shifts or with the final model, the names of the pictures say so.

    Also prints how far the probabilities can be trusted: the expected calibration error (ECE) with its 95% interval,
    the negative log-likelihood (NLL) and the Brier score, before and after temperature scaling. The temperature is
    fitted on the validation images and does not change the accuracy.

    The classes of another data set are matched by name. If their names differ from the model's, pair them with
    --classes, such as Katze=cat,Hund=dog, or list only the model's names, in the order of the data set's classes.

    \b
    Example:  kcnn evaluate runs/cnn-001 --dataset mnist
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.datasets.pixels import describe_pixels

    opened = open_run(run, trust_recipe=trust_recipe)
    data = opened.load_dataset(dataset, classes=classes, pixel_range=pixel_range)
    echo_notes(data.notes)
    evaluation = opened.evaluate(data, shifts=shifts, which=which, device=device)
    if not as_json:
        model = "kept model" if which == "best" else "final model"
        model += f", mean of {(2 * shifts + 1) ** 2} shifts" if shifts else ""
        images = f"{len(data.x_test):,} test images of {data.name}, {describe_pixels(data.pixel_range)}"
        click.echo(f"{run} ({model}) on {images}")
        click.echo(_format_result(evaluation, data.class_names))
    folder = out or opened.directory.plot_file("confusion.png").parent
    suffix = _name_data(data, opened.record)
    suffix += "-final" if which == "final" else ""
    suffix += f"-shifts-{shifts}" if shifts else ""
    pictures: list[str] = []
    try:
        for path in draw_evaluation(evaluation, folder=folder, suffix=suffix):
            pictures.append(str(path))
            if not as_json:
                click.echo(str(path))
    finally:  # the numbers are not lost with a picture that cannot be written
        if as_json:
            facts = {"run": str(run), "model": which, "shifts": shifts, "dataset": data.name, "notes": data.notes}
            echo_json({**facts, "pictures": pictures, **_to_json(evaluation, data.class_names)})


def _name_data(data: "Dataset", record: "RunRecord") -> str:
    """Return what the names of the pictures say about the data: nothing if they are the run's own."""
    if data.sha256 == record.dataset_sha256:
        return ""
    return f"-{data.name}" if data.name in DATASETS else f"-{Path(data.name).stem}-{data.sha256[:6]}"


def _format_result(evaluation: "RunEvaluation", class_names: tuple[str, ...]) -> str:
    low, high = evaluation.interval
    wrong = len(evaluation.mistakes)
    rows = [
        (name, _share(scores.precision), _share(scores.recall), _share(scores.f1), f"{scores.support:,}")
        for name, scores in zip(class_names, evaluation.classes, strict=True)
    ]
    return (
        f"loss      {evaluation.loss:.4f}\n"
        f"accuracy  {evaluation.accuracy:.2%} (95% interval {low:.2%} to {high:.2%}), {wrong:,} wrong\n\n"
        f"{format_table(('class', 'precision', 'recall', 'F1', 'images'), rows)}\n"
        f"{_format_reliability(evaluation.reliability)}"
    )


def _format_reliability(reliability: "Reliability | None") -> str:
    if reliability is None:
        return "\nThe model's outputs are not probabilities, so their calibration is not measured.\n"
    measured = [("as trained", reliability.before)]
    if reliability.after is not None:
        measured.append((f"temperature {reliability.temperature:.3f}", reliability.after))
    rows = [
        (name, f"{one.ece:.2%}", format_interval(one.ece_interval), f"{one.nll:.4f}", f"{one.brier:.4f}")
        for name, one in measured
    ]
    source = f"The temperature was fitted on the {reliability.validation_examples:,} validation images."
    table = format_table(("probabilities", "ECE", "95% interval", "NLL", "Brier score"), rows)
    return f"\n{table}\n{wrap(reliability.note or source)}\n"


def _share(value: float | None) -> str:
    """Return a score, or a dash if it is not defined."""
    return "-" if value is None else f"{value:.2%}"


def _to_json(evaluation: "RunEvaluation", class_names: tuple[str, ...]) -> dict[str, Any]:
    files = evaluation.dataset.files_test
    return {
        "examples": evaluation.examples,
        "loss": evaluation.loss,
        "accuracy": evaluation.accuracy,
        "accuracy_interval": evaluation.interval,
        "classes": [
            {"name": name, **dataclasses.asdict(scores)}
            for name, scores in zip(class_names, evaluation.classes, strict=True)
        ],
        "reliability": evaluation.reliability and dataclasses.asdict(evaluation.reliability),
        "confusion": evaluation.confusion.tolist(),
        "mistakes": [
            dataclasses.asdict(mistake) | ({"file": files[mistake.index]} if files else {})
            for mistake in evaluation.mistakes
        ],
    }
