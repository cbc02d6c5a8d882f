"""`kcnn compare`: compare runs side by side."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.options import json_option, runs_argument, trust_option
from keras_cnn_course.cli.output import echo_json, format_table, wrap
from keras_cnn_course.errors import UsageError
from keras_cnn_course.results.interval import format_interval

if TYPE_CHECKING:
    from keras_cnn_course.results.comparison import RunSummary
    from keras_cnn_course.results.same_images import PairTest

__all__ = ["command"]

_HEADINGS = ("run", "accuracy", "95% interval", "parameters", "images/s", "seconds", "epochs")


@click.command("compare")
@runs_argument
@click.option("--test", "test_pairs", is_flag=True, help="Test each pair of runs on the same test images.")
@trust_option
@json_option
def command(runs: tuple[Path, ...], test_pairs: bool, trust_recipe: bool, as_json: bool) -> None:
    """Compare runs side by side.

    The first table has the settings in which the runs differ, the second one their results: the accuracy on the test
    images, and the seconds and images/s of the training alone. If the runs were trained on different data, their
    accuracies cannot be compared, and the last line says why.

    With --test, each pair of runs classifies the same test images again, and McNemar's test says whether their
    accuracies differ by more than chance. This needs at least two runs, and their data set. With --json, the output
    also has the counts and the p-value of each test.

    \b
    Example:  kcnn compare runs/mlp-001 runs/cnn-001
    """
    from keras_cnn_course.results.comparability import explain_incomparable
    from keras_cnn_course.results.comparison import (
        differing_settings,
        format_setting,
        name_machines,
        name_setting,
        summarize_runs,
    )

    if test_pairs and len(runs) < 2:
        raise UsageError("--test compares pairs of runs. Name at least two.")
    summaries = summarize_runs(runs)
    settings = differing_settings(summaries)
    tested: list[PairTest] = []
    if test_pairs:
        from keras_cnn_course.inspection.functions import compare

        tested = compare(*runs, trust_recipe=trust_recipe).test_pairs()
    if as_json:
        tests = [dataclasses.asdict(one) for one in tested]
        echo_json({**_to_json(summaries, settings), "tests": tests, "not_comparable": explain_incomparable(summaries)})
        return
    if settings:
        header = ("setting", *(summary.name for summary in summaries))
        known = [summary.settings for summary in summaries]
        rows = [
            (name_setting(name, *known), *(format_setting(value) for value in values))
            for name, values in settings.items()
        ]
        click.echo(format_table(header, rows, left=len(header)))
    elif len(summaries) > 1:
        click.echo("All runs have the same settings.")
    click.echo(("\n" if len(summaries) > 1 else "") + format_table(_HEADINGS, [_results_row(run) for run in summaries]))
    click.echo(wrap(name_machines(summaries)))
    if reason := explain_incomparable(summaries):
        click.echo(wrap(reason))
    for one in tested:
        click.echo(wrap(one.sentence))


def _results_row(run: "RunSummary") -> Sequence[str]:
    """Return a run's results; for an unfinished run, its status instead of its accuracy."""
    results = run.results
    accuracy = f"{results['test_accuracy']:.2%}" if "test_accuracy" in results else run.status
    interval = format_interval(results.get("accuracy_interval"))
    numbers = [
        f"{results[key]:{form}}" if key in results else "-"
        for key, form in (("parameters", ",d"), ("images_per_second", ",.0f"), ("fit_seconds", ",.1f"), ("epochs", "d"))
    ]
    return run.name, accuracy, interval, *numbers


def _to_json(summaries: "Sequence[RunSummary]", settings: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        "differing_settings": settings,
        "runs": [
            {
                "name": run.name,
                "path": str(run.path),
                "status": run.status,
                "machine": run.machine,
                "results": run.results,
            }
            for run in summaries
        ],
    }
