"""The output of `kcnn sweep`: its plan, one line per run, and at the end the settings compared."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.output import count, format_table, wrap
from keras_cnn_course.results.interval import format_interval

if TYPE_CHECKING:
    from keras_cnn_course.results.comparison import RunSummary
    from keras_cnn_course.results.seeds import PairedDifference, SeedGroup
    from keras_cnn_course.sweep.local import Executor
    from keras_cnn_course.sweep.sweep import Sweep, TrialState

__all__ = ["describe_plan", "describe_trial", "report_sweep"]

# Differences between the runs in these are reported: they change the bits of a result, and its time.
_CONDITIONS = ("device", "threads", "precision", "machine", "vector instructions", "tensorflow", "keras", "numpy")


def describe_plan(sweep: "Sweep", executor: "Executor") -> str:
    """Return the plan of a sweep in lines."""
    trials, conditions = sweep.trials, sweep.conditions
    settings, seeds = {trial.setting for trial in trials}, {trial.seed for trial in trials}
    finished = len(trials) - len(sweep.left)
    done = f"; {finished} already finished" if finished else ""
    others = len(sweep.folder.find_runs()) - sum(state.summary is not None for state in sweep.states.values())
    left_out = f"; {count(others, 'other run')} in the folder not part of this sweep" if others else ""
    return (
        f"runs      {len(trials)}: {count(len(settings), 'setting')} with {count(len(seeds), 'seed')} each"
        f"{done}{left_out}\n"
        f"data      {sweep.dataset.name}\n"
        f"computing {executor.describe()}, {count(conditions.threads, 'thread')} each; device {conditions.device}\n"
        f"writing   {sweep.folder.path}"
    )


def describe_trial(state: "TrialState") -> str:
    """Return the result of a run in one line."""
    words = f"{state.trial.setting} seed={state.trial.seed}  {state.status}"
    if state.status == "finished" and state.summary:
        results = state.summary.results
        return f"{words}  test accuracy {results['test_accuracy']:.2%}  {results['fit_seconds']:.1f} s"
    return f"{words}: {state.error}" if state.error else words


def report_sweep(sweep: "Sweep", *, as_json: bool) -> None:
    """Draw the picture and print the results."""
    from keras_cnn_course.results.comparison import differing_settings
    from keras_cnn_course.results.seeds import compare_pairs, summarize_seeds

    groups: dict[str, list[RunSummary]] = {}
    for state in sweep.states.values():
        if state.status == "finished" and state.summary:
            groups.setdefault(state.trial.setting, []).append(state.summary)
    seed_groups = [summarize_seeds(setting, runs) for setting, runs in groups.items()]
    differences = compare_pairs(seed_groups)
    differing = differing_settings([run for runs in groups.values() for run in runs])
    unlike = {name: ", ".join(sorted(set(map(str, differing[name])))) for name in _CONDITIONS if name in differing}
    if seed_groups:
        from keras_cnn_course.plots.saving import save_picture
        from keras_cnn_course.plots.seeds import plot_seeds

        picture = plot_seeds(seed_groups, differences, dataset=sweep.dataset.name)
        save_picture(picture, sweep.folder.picture_file)
    if as_json:
        click.echo(json.dumps({**_to_json(sweep, seed_groups, differences), "unlike": unlike}))
        return
    if seed_groups:
        click.echo(_describe_results(seed_groups, differences))
    if unlike:
        click.echo(f"differs between runs: {'; '.join(f'{name} {values}' for name, values in unlike.items())}")
    click.echo(str(sweep.folder.path))


def _describe_results(seed_groups: "Sequence[SeedGroup]", differences: "Sequence[PairedDifference]") -> str:
    from keras_cnn_course.results.seeds import name_best
    from keras_cnn_course.results.significance import explain_difference

    choice = f"best on the validation images, the ones to choose by: {name_best(seed_groups)}"
    said = [wrap(explain_difference(one)) for one in differences]
    return "\n\n".join([_tabulate_means(seed_groups), *_tabulate_differences(differences), *said, choice])


def _tabulate_means(seed_groups: "Sequence[SeedGroup]") -> str:
    header = ("setting", "seeds", "test accuracy", "95% interval", "validation", "parameters", "seconds")
    rows = [
        (
            one.name,
            str(len(one.seeds)),
            f"{one.mean:.2%}",
            format_interval(one.interval),
            f"{one.val_mean:.2%}",
            f"{one.parameters:,}",
            f"{statistics.median(one.fit_seconds):.1f}",
        )
        for one in seed_groups
    ]
    return format_table(header, rows)


def _tabulate_differences(differences: "Sequence[PairedDifference]") -> list[str]:
    """Return the table of the differences, or nothing if there is only one setting."""
    rows = [
        (
            one.name,
            str(len(one.seeds)),
            f"{100 * one.mean:+.2f}",
            format_interval(one.interval, "{:+.2f}", scale=100),
            f"{one.wins} of {len(one.seeds)}",
        )
        for one in differences
    ]
    if not rows:
        return []
    header = (f"against {differences[0].against}", "seeds", "difference", "95% interval", "better with")
    return [format_table(header, rows)]


def _to_json(
    sweep: "Sweep", seed_groups: "Sequence[SeedGroup]", differences: "Sequence[PairedDifference]"
) -> dict[str, Any]:
    runs = [
        {
            "run": str(state.path),
            "recipe": state.trial.recipe,
            "values": dict(state.trial.values),
            "seed": state.trial.seed,
            "status": state.status,
            "error": state.error,
            "results": state.summary.results if state.summary else {},
        }
        for state in sweep.states.values()
    ]
    settings = [{**asdict(one), "mean": one.mean, "interval": one.interval} for one in seed_groups]
    from keras_cnn_course.results.significance import explain_difference, seeds_needed

    paired = [
        {
            **{**asdict(one), "mean": one.mean, "interval": one.interval},
            **{"conclusion": explain_difference(one), "seeds_needed": seeds_needed(one)},
        }
        for one in differences
    ]
    return {"sweep": str(sweep.folder.path), "runs": runs, "settings": settings, "differences": paired}
