"""How accurate networks get with few labels, over several draws of the training images: one sweep.

usage: python benchmarks/few_labels.py [--recipes softmax,mlp,...] [--seeds 10]

The augmentation was chosen with `tries.py`, on 6,000 training images that took the place of the test images.
Results go to benchmarks/few_labels.json, from which `make docs` makes the table and the picture of docs/training.md.
Earlier results for other recipes are kept. MNIST comes from KCNN_DATA_HOME or is downloaded.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, OKABE_ITO, SMALL, TEXT, TITLE, new_figure
from keras_cnn_course.results.interval import format_interval, mean_interval

RESULTS = Path(__file__).with_suffix(".json")
RECIPES = ("softmax", "mlp", "cnn", "deep_cnn", "best_cnn")
OPTIONS = r"""--dataset mnist --train-examples 100,1000,10000 \
    --grid augment=elastic --grid batch_size=125 --grid learning_rate=0.003 \
    --grid min_steps=2400 --grid validation_split=0.01 --jobs 2"""

Groups = dict[str, dict[int, list[dict[str, Any]]]]


def write_command(recipes: list[str], seeds: int) -> str:
    """Return the sweep as it is typed."""
    return f"kcnn sweep {' '.join(f'--recipe {recipe}' for recipe in recipes)} --seeds {seeds} \\\n    {OPTIONS}"


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
    """Return the commands and their results as Markdown: one command for the recipes with as many draws."""
    groups = read_groups()
    draws: dict[int, list[str]] = {}
    for recipe, by_labels in groups.items():
        draws.setdefault(min(len(runs) for runs in by_labels.values()), []).append(recipe)
    commands = "\n".join(write_command(recipes, count) for count, recipes in draws.items())
    lines = [
        f"```text\n{commands}\n```\n",
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
    """Draw accuracy over the number of labels, one dot per run. The scale is logarithmic in the error."""
    figure = new_figure(6.4, 3.8)
    axes = figure.subplots()
    told = []
    for number, (recipe, by_labels) in enumerate(read_groups().items()):
        look = {"color": OKABE_ITO[number], "marker": MARKERS[number]}
        labels = sorted(by_labels)
        means = [statistics.mean(run["test_accuracy"] for run in by_labels[count]) for count in labels]
        for count in labels:
            errors = [1 - run["test_accuracy"] for run in by_labels[count]]
            axes.plot([count] * len(errors), errors, linestyle="none", markersize=4, alpha=0.6, **look)
        axes.plot(labels, [1 - mean for mean in means], markersize=4, linewidth=1.2, label=recipe, **look)
        told.append(f"{recipe} from {means[0]:.1%} with {labels[0]} labels to {means[-1]:.1%} with {labels[-1]:,}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.invert_yaxis()
    axes.yaxis.set_major_locator(FixedLocator([0.2, 0.1, 0.05, 0.02, 0.01, 0.005]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{1 - error:.1%}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    axes.set_xlabel("labeled training images (logarithmic scale)", fontsize=TEXT)
    axes.set_ylabel("test accuracy (logarithmic scale of the error)", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL + 1)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
    axes.legend(fontsize=SMALL + 1)
    axes.set_title("MNIST with few labels: one dot per run, lines connect the means", fontsize=TITLE)
    return Picture(figure, f"Test accuracy on MNIST over the number of labels: {'; '.join(told)}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default=",".join(RECIPES), help="some of these, with commas")
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    chosen = arguments.recipes.split(",")
    if unknown := [recipe for recipe in chosen if recipe not in RECIPES]:
        parser.error(f"--recipes takes some of {', '.join(RECIPES)}; got {', '.join(unknown)}")
    measure(chosen, arguments.seeds)
