"""The report of several runs side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_cnn_course.inspection.comparison import RunSummary, differing_settings, summarize_runs
from keras_cnn_course.inspection.history import read_all_curves
from keras_cnn_course.inspection.seeds import SeedGroup, group_by_seed
from keras_cnn_course.markup import element
from keras_cnn_course.plots.seed_spread import plot_seed_spread
from keras_cnn_course.report.document import Section, Table, make_document, make_figure, make_table
from keras_cnn_course.report.training_section import make_training_section

__all__ = ["build_comparison"]

_RESULTS = ("run", "test accuracy", "95 % interval", "test loss", "parameters", "epochs", "fit seconds")


def build_comparison(paths: Sequence[Path]) -> str:
    """Return the report of at least two runs as one HTML file; the same runs give the same bytes.

    Raises:
        RunError: a folder is no run, or its files are broken.
    """
    runs = summarize_runs(paths)
    groups = group_by_seed(runs)
    sections = [
        Section("results", "Results", make_table(Table("Test images", _RESULTS, [_list_results(run) for run in runs]))),
        _make_differences(runs),
        make_training_section(read_all_curves(paths)),
    ]
    if groups:
        sections.append(_make_seeds(groups))
    named = f"{len(runs)} runs: {', '.join(run.name for run in runs)}. {_name_best(runs, groups)}"
    lead = element("div", element("p", named), class_="lead")
    return make_document(title=f"{len(runs)} runs compared", lead=lead, sections=sections)


def _name_best(runs: Sequence[RunSummary], groups: Sequence[SeedGroup]) -> str:
    """Return which runs are best on average, where all were tested on the same images."""
    if not groups:
        return "None of them has finished."
    if len({run.settings["data SHA-256"] for run in runs}) > 1:
        return "Their test images are not the same, so that their accuracies cannot be compared."
    best = max(groups, key=lambda group: group.mean)
    return f"On average the best: {best.label} with {best.mean:.2%}."


def _list_results(run: RunSummary) -> tuple[str, ...]:
    results = run.results
    if "accuracy_interval" not in results:
        return run.name, run.status, *[""] * (len(_RESULTS) - 2)
    low, high = results["accuracy_interval"]
    return (
        run.name,
        f"{results['test_accuracy']:.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{results['test_loss']:.4f}",
        f"{results['parameters']:,}",
        str(results["epochs"]),
        f"{results['fit_seconds']:.1f}",
    )


def _make_differences(runs: Sequence[RunSummary]) -> Section:
    settings = differing_settings(runs)
    if not settings:
        return Section("differences", "Differences", element("p", "The settings of all runs are the same."))
    rows = [(name, *(_show(value) for value in values)) for name, values in settings.items()]
    table = Table("Settings in which they differ", ("setting", *(run.name for run in runs)), rows)
    return Section("differences", "Differences", element("div", make_table(table), class_="words"))


def _make_seeds(groups: Sequence[SeedGroup]) -> Section:
    rows = [
        (
            group.label,
            str(len(group.seeds)),
            f"{group.mean:.2%}",
            "–" if group.deviation is None else f"{100 * group.deviation:.2f} points",
            f"{min(group.accuracies):.2%} to {max(group.accuracies):.2%}",
            ", ".join(f"{seed}: {accuracy:.2%}" for seed, accuracy in zip(group.seeds, group.accuracies, strict=True)),
        )
        for group in groups
    ]
    header = ("runs that differ in their seed only", "seeds", "mean", "standard deviation", "range", "each seed")
    caption = "Test accuracy, every run a dot; runs in a row differ in their seed only, the line is their mean."
    figure = make_figure(plot_seed_spread(groups), caption=caption, numbers=[Table("By seed", header, rows)])
    return Section("seeds", "From seed to seed", figure)


def _show(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
