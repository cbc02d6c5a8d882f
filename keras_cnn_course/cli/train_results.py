"""The output of `kcnn train` when a training has ended."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.drawing import draw_results
from keras_cnn_course.cli.output import wrap
from keras_cnn_course.files.command_line import join_words

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.inspection.found_rate import FoundRate

__all__ = ["print_ensemble", "print_rate", "print_result", "report_result"]


def report_result(run: "Run", data: "Dataset", *, quiet: bool, as_json: bool) -> None:
    """Print the result of a training, draw it, and name the commands to try next."""
    print_result(run, as_json=as_json)
    draw_results(run, data)
    if not (quiet or as_json):
        click.echo(_name_next(run), err=True)


def print_result(run: "Run", *, as_json: bool) -> None:
    """Print the result of a run."""
    if as_json:
        click.echo(json.dumps({"run": str(run.path), "machine": run.record.machine, **run.metrics}))
        return
    sentences = str(run).removesuffix(str(run.path)).rstrip()
    click.echo(f"{wrap(sentences)}\n{run.path}")  # the path is for programs and keeps a line of its own


def print_ensemble(runs: "Sequence[Run]", data: "Dataset", *, as_json: bool) -> None:
    """Print the test accuracy of each run, and of the mean of their probabilities."""
    from keras_cnn_course.results.evaluation import evaluate_ensemble

    together = evaluate_ensemble((run.model for run in runs), data)
    alone = [run.metrics["test_accuracy"] for run in runs]
    if as_json:
        values = {"ensemble_accuracy": together.accuracy, "ensemble_loss": together.loss, "test_accuracy": alone}
        click.echo(json.dumps({"runs": [str(run.path) for run in runs], **values}))
        return
    for run, accuracy in zip(runs, alone, strict=True):
        click.echo(f"{run.path}  test accuracy {accuracy:.2%}")
    low, high = together.interval
    click.echo(
        f"mean of the {len(runs)} test accuracies {sum(alone) / len(alone):.2%}\n"
        f"test accuracy {together.accuracy:.2%} with the mean of their probabilities "
        f"(95% interval {low:.2%} to {high:.2%}), loss {together.loss:.4f}"
    )


def _name_next(run: "Run") -> str:
    """Return the commands to try after a training."""
    from keras_cnn_course.page.steps import can_show

    name = join_words([run.path]) + (" --trust-recipe" if run.trust_recipe else "")
    page = f"  kcnn page {name} --open      watch the network at work"
    features = f"  kcnn features {name}         draw the output of each layer for a test image"
    return (
        f"Curves, confusion matrix and mistakes are in {run.path / 'plots'}. Next:\n"
        f"  kcnn filters {name}          draw the learned filters\n"
        f"{page if can_show(run.model) else features}\n"
        f"  kcnn report {name} --open    see all results on one page"
    )


def print_rate(found: "FoundRate", *, picture: Path, as_json: bool) -> None:
    """Print the learning rate that was found, and on stderr how to use it."""
    if as_json:
        values = {"suggestion": found.suggestion, "used": found.used, "rates": found.rates, "losses": found.losses}
        click.echo(json.dumps({**values, "picture": str(picture)}))
        return
    click.echo(f"{wrap(str(found))}\n{picture}")
    if found.suggestion is not None:
        click.echo(f"Use it with: --learning-rate {found.suggestion:g}", err=True)
