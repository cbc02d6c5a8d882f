"""Measure the accuracy that each recipe reaches with its own values, over several seeds.

usage: python benchmarks/accuracy.py [--seeds 3] [--datasets mnist,digits] [--recipes softmax,mlp,...]

Every training is an ordinary `kcnn train` in a process of its own. Results go to benchmarks/accuracy.json, from which
`make docs` writes README's table.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).with_suffix(".json")


def train(recipe: str, dataset: str, seed: int) -> dict[str, float]:
    """Train once and return what `kcnn train --json` prints, and the seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--recipe", recipe, "--dataset", dataset, "--seed", str(seed), "--out", f"{folder}/run"]
        command = [sys.executable, "-m", "keras_cnn_course", "train", *arguments, "--quiet", "--json"]
        began = time.perf_counter()
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - began
        record = json.loads(Path(folder, "run", "run.json").read_text())
    return {**json.loads(result.stdout), "command_seconds": round(seconds, 2), "precision": record["precision"]}


def measure(recipes: list[str], datasets: list[str], seeds: int) -> None:
    """Train every recipe on every data set with the seeds 0, 1, ...; what was measured before stays, or is replaced."""
    runs = json.loads(RESULTS.read_text())["runs"] if RESULTS.is_file() else []
    for dataset in datasets:
        for recipe in recipes:
            for seed in range(seeds):
                result = train(recipe, dataset, seed)
                del result["run"]
                which = {"dataset": dataset, "recipe": recipe, "seed": seed}
                runs = [run for run in runs if not which.items() <= run.items()] + [{**which, **result}]
                print(json.dumps(runs[-1]), flush=True)
                RESULTS.write_text(json.dumps({"processor": _processor(), "runs": runs}, indent=1) + "\n")


def make_table() -> str:
    """Return the results as a Markdown table: means over the seeds, with the smallest and the largest."""
    results = json.loads(RESULTS.read_text())
    rows = ["| data set | recipe | parameters | test accuracy (seeds) | epochs | fit seconds | images/s |"]
    rows.append("|---|---|---:|---|---:|---:|---:|")
    groups: dict[tuple[str, str], list[dict]] = {}
    for run in results["runs"]:
        groups.setdefault((run["dataset"], run["recipe"]), []).append(run)
    for (dataset, recipe), runs in sorted(groups.items(), key=_place):
        accuracies = [run["test_accuracy"] for run in runs]
        rows.append(
            f"| {dataset} | `{recipe}` | {runs[0]['parameters']:,} "
            f"| {statistics.mean(accuracies):.2%} ({', '.join(f'{value:.2%}' for value in accuracies)}) "
            f"| {runs[0]['epochs']} | {statistics.median(run['fit_seconds'] for run in runs):.1f} "
            f"| {statistics.median(run['images_per_second'] for run in runs):,.0f} |"
        )
    precision = ", ".join(sorted({run["precision"] for run in results["runs"]}))
    return "\n".join(rows) + f"\n\nMeasured on {results['processor']}; hidden layers in {precision}.\n"


def _place(group: tuple[tuple[str, str], list[dict]]) -> tuple[bool, int]:
    """Return where a row stands: the lecture's data set first, the recipes in the order of `kcnn recipes`."""
    from keras_cnn_course.catalog import recipe_names

    dataset, recipe = group[0]
    return dataset != "mnist", recipe_names().index(recipe)


def _processor() -> str:
    """Return the processor's name and the number of cores used."""
    from keras_cnn_course.backend import available_cores

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
