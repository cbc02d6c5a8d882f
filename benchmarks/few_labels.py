"""How accurate networks get with few labels, over several draws of the training images: one sweep.

usage: python benchmarks/few_labels.py [--recipes softmax,mlp,...] [--seeds 10]

The augmentation was chosen with `tries.py`, on 6,000 training images that took the place of the test images.
Results go to benchmarks/few_labels.json, from which `make docs` makes the table and the picture of docs/training.md.
Earlier results for other recipes are kept. MNIST comes from KCNN_DATA_HOME or is downloaded.
"""

import argparse
import json
import runpy
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.results.interval import format_interval, mean_interval

RESULTS = Path(__file__).with_suffix(".json")
RECIPES = ("softmax", "mlp", "cnn", "deep_cnn", "best_cnn")
OPTIONS = r"""--dataset mnist --train-examples 100,1000,10000 \
    --grid augment=elastic --grid batch_size=125 --grid learning_rate=0.003 \
    --grid min_steps=2400 --grid validation_split=0.01 --jobs 2"""

Groups = dict[str, dict[int, list[dict[str, Any]]]]


def write_command(recipes: list[str], seeds: int) -> str:
    """Return the sweep as it is typed."""
    return f"kcnn sweep {' '.join(f'--recipe {recipe}' for recipe in recipes)} --seeds {seeds} {OPTIONS}"


def measure(recipes: list[str], seeds: int) -> None:
    """Train the recipes in a temporary folder, and record what they reach."""
    with tempfile.TemporaryDirectory() as folder:
        words = shlex.split(write_command(recipes, seeds).replace("\\\n", ""))[1:]
        subprocess.run([sys.executable, "-m", "keras_cnn_course", *words, "--out", f"{folder}/sweep"], check=True)
        runs = [read_run(path.parent) for path in sorted(Path(folder).glob("sweep/runs/*/metrics.json"))]
    earlier = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    kept = [run for run in earlier if run["recipe"] not in recipes]
    RESULTS.write_text("[\n" + ",\n".join(json.dumps(run) for run in kept + runs) + "\n]\n")


def read_run(folder: Path) -> dict[str, Any]:
    """Return what a run folder says about a training with few labels."""
    run, metrics = (json.loads((folder / name).read_text()) for name in ("run.json", "metrics.json"))
    return {
        "recipe": run["recipe"],
        "train_examples": run["train_examples"],
        "seed": run["seed"],
        "parameters": metrics["parameters"],
        "test_accuracy": metrics["test_accuracy"],
        "fit_seconds": metrics["fit_seconds"],
    }


def read_groups() -> Groups:
    """Return the recorded runs by recipe and by number of labels, in the order of the lecture."""
    groups: Groups = {}
    for run in sorted(json.loads(RESULTS.read_text()), key=lambda run: RECIPES.index(run["recipe"])):
        groups.setdefault(run["recipe"], {}).setdefault(run["train_examples"], []).append(run)
    return groups


def make_table() -> str:
    """Return the command and its results as Markdown."""
    groups = read_groups()
    lines = [
        f"```text\n{write_command(list(groups), 10)}\n```\n",
        "| recipe | labels | draws | MNIST test accuracy: mean (95% interval) | range | seconds on one core |",
        "|---|---:|---:|---|---|---:|",
    ]
    for recipe, by_labels in groups.items():
        for labels, runs in sorted(by_labels.items()):
            accuracies = [run["test_accuracy"] for run in runs]
            lines.append(
                f"| `{recipe}` | {labels:,} | {len(runs)} | {statistics.mean(accuracies):.2%} "
                f"({format_interval(mean_interval(accuracies))}) | {min(accuracies):.2%} to {max(accuracies):.2%} "
                f"| {statistics.median(run['fit_seconds'] for run in runs):.0f} |"
            )
    return "\n".join(lines) + "\n"


def make_picture() -> Picture:
    """Draw accuracy over the number of labels, one dot per run."""
    script = runpy.run_path(str(RESULTS.with_name("learning_curves.py")))
    curves = []
    for recipe, by_labels in read_groups().items():
        labels = sorted(by_labels)
        seeds = min(len(runs) for runs in by_labels.values())
        accuracy = np.array([[run["test_accuracy"] for run in by_labels[number][:seeds]] for number in labels])
        curves.append(
            script["LearningCurve"](recipe, by_labels[labels[0]][0]["parameters"], np.array(labels), accuracy)
        )
    return script["plot_learning_curves"](curves, dataset="MNIST")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default=",".join(RECIPES), help="some of these, with commas")
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    measure(arguments.recipes.split(","), arguments.seeds)
