"""Measure the accuracy that each recipe reaches with its own values, over several seeds.

usage: python benchmarks/accuracy.py [--seeds 10] [--datasets mnist,digits] [--recipes softmax,mlp,...] [--shifts]
                                     [--avx2]

This is one `kcnn sweep` per data set. Runs are trained one after another on all cores, because their times are measured
too. Each model is tested once, at the end of its training, and all models of a recipe as an ensemble; with `--shifts`
also each model averaged over shifts of its images by a pixel. Results go to benchmarks/accuracy.json, from which `make
docs` writes the tables of README, docs/performance.md and docs/training.md. With `--avx2` the processor is limited to
AVX2, as a laptop's is, and only the seconds go into the tables.
"""

import argparse
import itertools
import json
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras_cnn_course as kcnn
from keras_cnn_course.results.interval import format_interval, mean_interval

RESULTS = Path(__file__).with_suffix(".json")

_Groups = dict[tuple[str, str], list[dict[str, Any]]]  # the runs of each data set and recipe


def sweep(
    recipes: list[str], dataset: str, seeds: int, limits: dict[str, str], *, shifts: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Train every recipe with the seeds 0, 1, ... and return the results of each run, and of each recipe's ensemble.

    Args:
        limits: environment variables that limit the processor.
        shifts: whether to test the models averaged over shifts, too.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = [word for recipe in recipes for word in ("--recipe", recipe)]
        words += ["--dataset", dataset, "--seeds", str(seeds), "--out", f"{folder}/sweep", "--json"]
        command = [sys.executable, "-m", "keras_cnn_course", "sweep", *words]
        environment = {**os.environ, **limits}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
        result = json.loads(done.stdout)
        runs = [
            read_run(Path(run["run"]), dataset, run["recipe"], run["seed"], shifts=shifts) for run in result["runs"]
        ]
        ensembles = []
        for recipe in recipes:
            folders = [run["run"] for run in result["runs"] if run["recipe"] == recipe]
            ensembles.append({"dataset": dataset, "recipe": recipe, "together": score_together(folders, dataset)})
        return runs, ensembles


def read_run(folder: Path, dataset: str, recipe: str, seed: int, *, shifts: bool) -> dict[str, Any]:
    """Return the results of a run, its precision and its number of threads."""
    run, metrics = (json.loads((folder / name).read_text()) for name in ("run.json", "metrics.json"))
    settings = {name: run[name] for name in ("precision", "threads")}
    if shifts:
        settings["shifted_accuracy"] = round(kcnn.open_run(folder).evaluate(shifts=1).accuracy, 6)
    return {"dataset": dataset, "recipe": recipe, "seed": seed, **metrics, **settings}


def score_together(folders: list[str], dataset: str) -> float:
    """Return the test accuracy of the mean of several runs' probabilities."""
    from keras_cnn_course.devices import backend

    backend.start()
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.results.evaluation import evaluate_ensemble
    from keras_cnn_course.runs.directory import RunDirectory

    return evaluate_ensemble((RunDirectory(Path(run)).load_model() for run in folders), load_dataset(dataset)).accuracy


def measure(recipes: list[str], datasets: list[str], seeds: int, *, shifts: bool, avx2: bool) -> None:
    """Sweep every data set; earlier results for other recipes and data sets are kept."""
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    limits = runpy.run_path(str(RESULTS.with_name("speed.py")))["AVX2"] if avx2 else {}
    for dataset in datasets:
        runs, ensembles = sweep(recipes, dataset, seeds, limits, shifts=shifts)
        measured = {"avx2": runs} if avx2 else {"runs": runs, "ensembles": ensembles}
        for kind, rows in measured.items():
            kept = [row for row in results.get(kind, []) if row["dataset"] != dataset or row["recipe"] not in recipes]
            results[kind] = kept + rows
        RESULTS.write_text(json.dumps({**results, "processor": _processor()}, indent=1) + "\n")


def make_table(which: str = "all") -> str:
    """Return the results as a Markdown table.

    Args:
        which: `all` results; a `summary` of those on MNIST; or each recipe `paired` with what it was before, and with
            the next less accurate one; or best_cnn with the `larger` network that it was before, or with the
            networks that were tried `instead`.
    """
    results = json.loads(RESULTS.read_text())
    groups, limited = _group(results["runs"]), _group(results.get("avx2", []))
    rows = sorted(groups.items(), key=_sort_key)
    if which == "summary":
        return _summarize([(runs, limited.get(key, [])) for key, runs in rows if key[0] == "mnist"])
    if which == "paired":
        return _pair(dict(rows), _group(results["earlier"]))
    if which == "larger":
        together = next(
            row["together"] for row in results["ensembles"] if (row["dataset"], row["recipe"]) == ("mnist", "best_cnn")
        )
        best = (groups["mnist", "best_cnn"], together)
        return _compare_larger(best, (results["larger"], results["larger_together"]), results["varied"])
    if which == "instead":
        return _compare_instead(groups["mnist", "best_cnn"], results["instead"])
    ensembles = {(row["dataset"], row["recipe"]): row for row in results["ensembles"]}
    lines = [
        "| data set | recipe | parameters | seeds | accuracy: mean (95% interval) | range | ensemble | epochs "
        "| seconds | images/s | seconds with AVX2 |",
        "|---|---|---:|---:|---|---|---:|---:|---:|---:|---:|",
    ]
    for (dataset, recipe), runs in rows:
        accuracies = [run["test_accuracy"] for run in runs]
        interval = mean_interval(accuracies)
        interval = interval and (interval[0], min(1.0, interval[1]))
        lines.append(
            f"| {dataset} | `{recipe}` | {runs[0]['parameters']:,} | {len(runs)} "
            f"| {statistics.mean(accuracies):.2%} ({format_interval(interval)}) "
            f"| {min(accuracies):.2%} to {max(accuracies):.2%} | {ensembles[dataset, recipe]['together']:.2%} "
            f"| {runs[0]['epochs']} | {_median(runs, 'fit_seconds')} | {_median(runs, 'images_per_second', '{:,.0f}')} "
            f"| {_median(limited.get((dataset, recipe), []), 'fit_seconds')} |"
        )
    precision = ", ".join(sorted({run["precision"] for run in results["runs"]}))
    hardware = f"Measured on {results['processor']}, with the hidden layers in {precision}; with AVX2 in float32."
    return "\n".join(lines) + f"\n\n{hardware}\n"


def _group(runs: list[dict[str, Any]]) -> _Groups:
    """Return the runs of each data set and recipe."""
    groups: _Groups = {}
    for run in runs:
        groups.setdefault((run["dataset"], run["recipe"]), []).append(run)
    return groups


def _median(runs: list[dict[str, Any]], name: str, form: str = "{:,.1f}") -> str:
    """Return the median of a figure of speed, of those trainings that used both cores; a dash where there is none."""
    found = [run[name] for run in runs if run.get("threads", 2) == 2]
    return form.format(statistics.median(found)) if found else "-"


def _summarize(groups: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]) -> str:
    """Return the table of README: one row per recipe with the accuracy and the times of its seeds."""
    lines = [
        "| recipe | parameters | MNIST test accuracy: mean (95% interval) | seconds on two cores | with AVX2 |",
        "|---|---:|---:|---:|---:|",
    ]
    for runs, limited in groups:
        accuracies = [run["test_accuracy"] for run in runs]
        spread = f"{format_interval(mean_interval(accuracies), '{:.2f}', scale=100)}, {len(runs)} seeds"
        lines.append(
            f"| `{runs[0]['recipe']}` | {runs[0]['parameters']:,} | {statistics.mean(accuracies):.2%} ({spread}) "
            f"| {_median(runs, 'fit_seconds')} | {_median(limited, 'fit_seconds')} |"
        )
    return "\n".join(lines) + "\n"


def _pair(groups: _Groups, earlier: _Groups) -> str:
    """Return the table of gains, seed by seed.

    They are those of each recipe over what it was, and of each recipe on MNIST over the next less accurate one.
    """
    on_mnist = [runs for (dataset, _), runs in groups.items() if dataset == "mnist"]
    ranked = sorted(on_mnist, key=lambda runs: statistics.mean(run["test_accuracy"] for run in runs))
    pairs = [(f"`{recipe}` as it was", runs, groups[dataset, recipe]) for (dataset, recipe), runs in earlier.items()]
    pairs += [(f"`{before[0]['recipe']}`", before, after) for before, after in itertools.pairwise(ranked)]
    lines = ["| from | to | seeds | gain in points (95% interval) |", "|---|---|---:|---:|"]
    for name, before, after in pairs:
        gains = _list_gains(before, after)
        interval = format_interval(mean_interval(gains), "{:+.2f}", scale=100)
        lines.append(
            f"| {name} | `{after[0]['recipe']}` | {len(gains)} | {100 * statistics.mean(gains):+.2f} ({interval}) |"
        )
    return "\n".join(lines) + "\n"


def _list_gains(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[float]:
    """Return by how much the test accuracy is higher after than before, for each seed that both have."""
    accuracy = {run["seed"]: run["test_accuracy"] for run in before}
    return [run["test_accuracy"] - accuracy[run["seed"]] for run in after if run["seed"] in accuracy]


def _compare_larger(
    best: tuple[list[dict[str, Any]], float], larger: tuple[list[dict[str, Any]], float], varied: dict[str, Any]
) -> str:
    """Return the table of best_cnn and a larger network: alone, averaged over shifts, and all seeds together.

    Args:
        best: runs, and their accuracy as an ensemble.
        larger: the same of the larger network.
        varied: the number of each of several `networks`, and their accuracy `together`; and how many test images all
            `best` get wrong together, and of these the `others` that are no best_cnn, too.
    """
    lines = ["| network | seeds | MNIST test accuracy: mean (95% interval) |", "|---|---:|---|"]
    gains = {"Gain of `best_cnn` over the larger network, seed by seed": _list_gains(larger[0], best[0])}
    for runs, together in (best, larger):
        net = f"`{runs[0].get('net', runs[0]['recipe'])}`"
        for name, column in ((net, "test_accuracy"), (f"{net}, averaged over shifts", "shifted_accuracy")):
            values = [run[column] for run in runs]
            interval = format_interval(mean_interval(values))
            lines.append(f"| {name} | {len(runs)} | {statistics.mean(values):.2%} ({interval}) |")
        lines.append(f"| {net}, all seeds together | {len(runs)} | {together:.2%} |")
        gains[f"gain of {net} from the shifts"] = [run["shifted_accuracy"] - run["test_accuracy"] for run in runs]
    counts = varied["networks"]
    names = " + ".join(f"{count} {name}" for name, count in counts.items())
    lines.append(f"| {names}, together | {sum(counts.values())} | {varied['together']:.2%} |")
    told = [
        f"{name}: {100 * statistics.mean(values):+.3f} points "
        f"({format_interval(mean_interval(values), '{:+.3f}', scale=100)})"
        for name, values in gains.items()
    ]
    shared = (
        f"Of the {varied['wrong']['best']} test images that all `best_cnn` together get wrong, the other networks of "
        f"the last row together get {varied['wrong']['others']} wrong, too."
    )
    return "\n".join(lines) + f"\n\n{'; '.join(told)}.\n\n{shared}\n"


def _compare_instead(best: list[dict[str, Any]], tried: list[dict[str, Any]]) -> str:
    """Return the table of best_cnn, and of networks that were trained in full with some of its seeds."""
    lines = [
        "| network | seeds | MNIST test accuracy: mean (range) | gain over `best_cnn` in points, seed by seed "
        "| seconds on one core |",
        "|---|---:|---|---:|---:|",
    ]
    for name, group in itertools.groupby(tried, key=lambda run: run["net"]):
        runs = list(group)
        values = [run["test_accuracy"] for run in runs]
        gains = _list_gains(best, runs)
        interval = f" ({format_interval(mean_interval(gains), '{:+.3f}', scale=100)})" if len(gains) > 2 else ""
        lines.append(
            f"| {name} | {len(runs)} | {statistics.mean(values):.2%} ({min(values):.2%} to {max(values):.2%}) "
            f"| {100 * statistics.mean(gains):+.3f}{interval} "
            f"| {statistics.median(run['fit_seconds'] for run in runs if run.get('threads', 1) == 1):,.0f} |"
        )
    return "\n".join(lines) + "\n"


def _sort_key(group: tuple[tuple[str, str], list[dict[str, Any]]]) -> tuple[bool, int]:
    """Sort the lecture's data set first, and its recipes in the order of `kcnn recipes`."""
    from keras_cnn_course.catalog.recipes import recipe_names

    dataset, recipe = group[0]
    return dataset != "mnist", recipe_names().index(recipe)


def _processor() -> str:
    """Return the processor's name, the number of cores used and the widest instruction set."""
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.devices.processor import cpu_flags, name_cpu, name_widest

    widest = name_widest(cpu_flags())
    return f"{available_cores()} cores of {name_cpu()}{f' with {widest}' if widest else ''}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--datasets", default="mnist,digits")
    parser.add_argument("--recipes", default="softmax,mlp,cnn,deep_cnn,fast_cnn")
    parser.add_argument("--shifts", action="store_true", help="test averages over shifts by a pixel, too")
    parser.add_argument("--avx2", action="store_true", help="limit the processor to AVX2, and keep the seconds")
    arguments = parser.parse_args()
    measure(
        arguments.recipes.split(","),
        arguments.datasets.split(","),
        arguments.seeds,
        shifts=arguments.shifts,
        avx2=arguments.avx2,
    )
