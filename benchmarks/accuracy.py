"""Measure the accuracy that each recipe reaches with its own values, over several seeds.

usage: python benchmarks/accuracy.py [--seeds 3] [--datasets mnist,digits] [--recipes softmax,mlp,...]

It is a `kcnn sweep` a data set, one run after another on all cores, since times are measured too; then the models after
the last epoch are tested as well, each alone and together. Results go to benchmarks/accuracy.json, from which `make
docs` writes README's table.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_suffix(".json")


def sweep(recipes: list[str], dataset: str, seeds: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Train every recipe with the seeds 0, 1, ... and return the results of each run, and of each recipe's ensemble."""
    with tempfile.TemporaryDirectory() as folder:
        words = [word for recipe in recipes for word in ("--recipe", recipe)]
        words += ["--dataset", dataset, "--seeds", str(seeds), "--out", f"{folder}/sweep", "--json"]
        command = [sys.executable, "-m", "keras_cnn_course", "sweep", *words]
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        runs = [
            {
                **{"dataset": dataset, "recipe": run["recipe"], "seed": run["seed"]},
                **json.loads(Path(run["run"], "metrics.json").read_text()),
                "precision": json.loads(Path(run["run"], "run.json").read_text())["precision"],
            }
            for run in result["runs"]
        ]
        ensembles = []
        for recipe in recipes:
            folders = [run["run"] for run in result["runs"] if run["recipe"] == recipe]
            alone, together = score_last_epoch(folders, dataset)
            ensembles.append({"dataset": dataset, "recipe": recipe, "last_epoch": alone, "together": together})
        return runs, ensembles


def score_last_epoch(folders: list[str], dataset: str) -> tuple[list[float], float]:
    """Return the test accuracies after the last epoch: of each model, and of the mean of their probabilities."""
    from keras_cnn_course.devices import backend

    backend.start()
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.results.evaluation import evaluate_ensemble
    from keras_cnn_course.runs.directory import RunDirectory

    data = load_dataset(dataset)
    runs = [RunDirectory(Path(folder)) for folder in folders]
    alone = [evaluate_ensemble([run], data, which="final").accuracy for run in runs]
    return alone, evaluate_ensemble(runs, data, which="final").accuracy


def measure(recipes: list[str], datasets: list[str], seeds: int) -> None:
    """Sweep every data set; what was measured before of other recipes and data sets stays."""
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {"runs": [], "ensembles": []}
    for dataset in datasets:
        for kind, rows in zip(("runs", "ensembles"), sweep(recipes, dataset, seeds), strict=True):
            kept = [row for row in results[kind] if row["dataset"] != dataset or row["recipe"] not in recipes]
            results[kind] = kept + rows
        RESULTS.write_text(json.dumps({**results, "processor": _processor()}, indent=1) + "\n")


def make_table() -> str:
    """Return the results as a Markdown table: means over the seeds, with the single ones of the best epoch."""
    results = json.loads(RESULTS.read_text())
    rows = [
        "| data set | recipe | parameters | best epoch (seeds) | last epoch | together | epochs | seconds | images/s |",
        "|---|---|---:|---|---:|---:|---:|---:|---:|",
    ]
    ensembles = {(row["dataset"], row["recipe"]): row for row in results["ensembles"]}
    groups: dict[tuple[str, str], list[dict]] = {}
    for run in results["runs"]:
        groups.setdefault((run["dataset"], run["recipe"]), []).append(run)
    for (dataset, recipe), runs in sorted(groups.items(), key=_place):
        accuracies = [run["test_accuracy"] for run in runs]
        ensemble = ensembles[dataset, recipe]
        rows.append(
            f"| {dataset} | `{recipe}` | {runs[0]['parameters']:,} "
            f"| {statistics.mean(accuracies):.2%} ({', '.join(f'{value:.2%}' for value in accuracies)}) "
            f"| {statistics.mean(ensemble['last_epoch']):.2%} | {ensemble['together']:.2%} "
            f"| {runs[0]['epochs']} | {statistics.median(run['fit_seconds'] for run in runs):.1f} "
            f"| {statistics.median(run['images_per_second'] for run in runs):,.0f} |"
        )
    precision = ", ".join(sorted({run["precision"] for run in results["runs"]}))
    return "\n".join(rows) + f"\n\nMeasured on {results['processor']}; hidden layers in {precision}.\n"


def _place(group: tuple[tuple[str, str], list[dict]]) -> tuple[bool, int]:
    """Return where a row stands: the lecture's data set first, the recipes in the order of `kcnn recipes`."""
    from keras_cnn_course.catalog.recipes import recipe_names

    dataset, recipe = group[0]
    return dataset != "mnist", recipe_names().index(recipe)


def _processor() -> str:
    """Return the processor's name and the number of cores used."""
    from keras_cnn_course.devices.backend import available_cores

    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.is_file() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{available_cores()} cores of {names[0] if names else platform.processor() or platform.machine()}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--datasets", default="mnist,digits")
    parser.add_argument("--recipes", default="softmax,mlp,cnn,deep_cnn,fast_cnn")
    arguments = parser.parse_args()
    measure(arguments.recipes.split(","), arguments.datasets.split(","), arguments.seeds)
