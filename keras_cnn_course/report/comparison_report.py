"""The report of several runs side by side."""

from collections.abc import Sequence
from pathlib import Path

from keras_cnn_course.files.markup import element, join
from keras_cnn_course.plots.seeds import plot_seeds
from keras_cnn_course.report.document import Section, Table, make_document, make_figure, make_table
from keras_cnn_course.report.reliability_section import make_same_images_section
from keras_cnn_course.report.training_section import make_training_section
from keras_cnn_course.results.comparability import explain_incomparable
from keras_cnn_course.results.comparison import (
    RunSummary,
    differing_settings,
    format_setting,
    name_machines,
    name_setting,
    summarize_runs,
)
from keras_cnn_course.results.history import read_all_curves
from keras_cnn_course.results.interval import format_interval
from keras_cnn_course.results.same_images import RunAnswers
from keras_cnn_course.results.seeds import PairedDifference, SeedGroup, compare_pairs, explain_choice, group_by_seed

__all__ = ["build_comparison"]

_RESULTS = ("run", "test accuracy", "95% interval", "test loss", "parameters", "epochs", "training seconds")


def build_comparison(paths: Sequence[Path], *, answers: Sequence[RunAnswers | str] = ()) -> str:
    """Return the comparison of at least two runs as one HTML file; the same runs give the same bytes.

    Args:
        answers: what each run says about its own test images, or why that is not known; nothing is said without them.

    Raises:
        UsageError: a run is given twice.
        RunError: a folder is not a run, or its files are damaged.
    """
    runs = summarize_runs(paths)
    groups = group_by_seed(runs)
    sections = [
        Section(
            "results",
            "Results",
            join(
                [
                    make_table(Table("Results on the test images", _RESULTS, [_list_results(run) for run in runs])),
                    element("p", name_machines(runs), class_="note"),
                ]
            ),
        ),
        _make_differences(runs),
        make_training_section(read_all_curves(paths)),
    ]
    if answers:
        comparable = not explain_incomparable(runs)
        sections.append(make_same_images_section(answers, comparable=comparable))
    if any(len(group.seeds) > 1 for group in groups):
        sections.append(_make_seeds(runs, groups))
    named = f"Compared: {', '.join(run.name for run in runs)}. {_explain_choice(runs, groups)}"
    lead = element("div", element("p", named), class_="lead")
    return make_document(title=f"{len(runs)} runs compared", lead=lead, sections=sections)


def _explain_choice(runs: Sequence[RunSummary], groups: Sequence[SeedGroup]) -> str:
    """Return which runs to choose: by the validation images, never by the test images."""
    if not groups:
        return "None of them has finished yet."
    if reason := explain_incomparable(runs):
        return reason
    return explain_choice(groups)


def _list_results(run: RunSummary) -> tuple[str, ...]:
    results = run.results
    if "accuracy_interval" not in results:
        return run.name, run.status, *[""] * (len(_RESULTS) - 2)
    return (
        run.name,
        f"{results['test_accuracy']:.2%}",
        format_interval(results["accuracy_interval"]),
        f"{results['test_loss']:.4f}",
        f"{results['parameters']:,}",
        str(results["epochs"]),
        f"{results['fit_seconds']:.1f}",
    )


def _make_differences(runs: Sequence[RunSummary]) -> Section:
    settings = differing_settings(runs)
    if not settings:
        return Section("differences", "Differences", element("p", "All runs have the same settings."))
    known = [run.settings for run in runs]
    rows = [
        (name_setting(name, *known), *(format_setting(value) for value in values)) for name, values in settings.items()
    ]
    table = Table("Settings that differ between the runs", ("setting", *(run.name for run in runs)), rows)
    return Section("differences", "Differences", element("div", make_table(table), class_="words"))


def _make_seeds(runs: Sequence[RunSummary], groups: Sequence[SeedGroup]) -> Section:
    """Return the section that compares differences between settings with those between seeds."""
    differences = [] if explain_incomparable(runs) else compare_pairs(groups)
    datasets = ", ".join(dict.fromkeys(str(run.settings["dataset"]) for run in runs))
    caption = (
        "Test accuracy. Each dot is a run, and the runs in one row differ only in their seed. The bar below them is "
        "their mean, with its 95% interval if there are several runs."
    )
    tables = [_list_groups(groups), *([_list_differences(differences)] if differences else [])]
    figure = make_figure(plot_seeds(groups, differences, dataset=datasets), caption=caption, numbers=tables)
    return Section("seeds", "Seeds", figure)


def _list_groups(groups: Sequence[SeedGroup]) -> Table:
    rows = [
        (
            group.name,
            str(len(group.seeds)),
            f"{group.mean:.2%}",
            format_interval(group.interval),
            ", ".join(
                f"{seed}: {accuracy:.2%}" for seed, accuracy in zip(group.seeds, group.test_accuracy, strict=True)
            ),
        )
        for group in groups
    ]
    header = ("runs that differ only in their seed", "seeds", "mean", "95% interval", "accuracy by seed")
    return Table("Test accuracy by seed", header, rows)


def _list_differences(differences: Sequence[PairedDifference]) -> Table:
    rows = [
        (one.name, str(len(one.seeds)), f"{100 * one.mean:+.2f}", format_interval(one.interval, "{:+.2f}", scale=100))
        for one in differences
    ]
    header = (
        f"compared with {differences[0].against}",
        "common seeds",
        "difference in percentage points",
        "95% interval",
    )
    return Table("Differences between runs with the same seed", header, rows)
