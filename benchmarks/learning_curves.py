"""Measure how accuracy grows with the number of training images, for each of the lecture's networks.

usage: python benchmarks/learning_curves.py [--seeds 3] [--sizes 500,2000,10000,54000] [--recipes softmax,mlp,...]

Every training takes the same number of optimizer steps, with the recipe's own learning rate, so smaller training sets
are seen more often. Results go to benchmarks/learning_curves.json, from which `make docs` makes a table and a picture.
"""

import argparse
import dataclasses
import json
import math
import runpy
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).with_suffix(".json")
BATCH_SIZE, STEPS = 250, 216
HELD_OUT = 0.1


def measure(recipes: list[str], sizes: list[int], seeds: int) -> None:
    """Train every recipe on each number of MNIST's training images with the seeds 0, 1, ..., and write the results."""
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.devices import backend

    started, dataset = backend.start(device="cpu"), load_dataset("mnist")
    runs = []
    for seed in range(seeds):
        for size in sizes:
            for recipe in recipes:
                runs.append(train(recipe, dataset, size=size, seed=seed, started=started))
                print(json.dumps(runs[-1]), flush=True)
    processor = runpy.run_path(str(RESULTS.with_name("accuracy.py")))["_processor"]()
    values = {"processor": processor, "batch_size": BATCH_SIZE, "steps": STEPS, "runs": runs}
    RESULTS.write_text(json.dumps(values, indent=1) + "\n")


def train(recipe: str, dataset: Any, *, size: int, seed: int, started: Any) -> dict[str, Any]:
    """Train once on `size` images chosen by the seed; the validation images are taken in addition."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.training.trainer import TrainingSettings
    from keras_cnn_course.training.trainer import train as train_recipe

    chosen = np.random.default_rng(seed).permutation(len(dataset.x_train))[: round(size / (1 - HELD_OUT))]
    part = dataclasses.replace(dataset, x_train=dataset.x_train[chosen], y_train=dataset.y_train[chosen])
    overrides = {"epochs": 1, "min_steps": STEPS, "batch_size": BATCH_SIZE, "validation_split": HELD_OUT}
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingSettings(overrides=overrides, seed=seed, out=Path(folder, "run"))
        run = train_recipe(find_recipe(recipe), part, settings, backend=started)
        record, metrics = run.read_record(), run.read_metrics()
    return {
        "recipe": recipe,
        "seed": seed,
        "size": size,
        "train_examples": record.train_examples,
        "parameters": metrics["parameters"],
        "test_accuracy": metrics["test_accuracy"],
        "fit_seconds": metrics["fit_seconds"],
    }


def read_groups() -> dict[str, dict[int, list[dict[str, Any]]]]:
    """Return the measured runs by recipe and by the number of training images."""
    groups: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for run in json.loads(RESULTS.read_text())["runs"]:
        groups.setdefault(run["recipe"], {}).setdefault(run["size"], []).append(run)
    return groups


def make_table() -> str:
    """Return the results as a Markdown table: means over the seeds, with the smallest and the largest."""
    values, groups = json.loads(RESULTS.read_text()), read_groups()
    sizes = sorted(next(iter(groups.values())))
    rows = ["| recipe | parameters | " + " | ".join(f"{size:,} images" for size in sizes) + " |"]
    rows.append("|---|---:|" + "---:|" * len(sizes))
    for recipe, by_size in groups.items():
        cells = []
        for size in sizes:
            accuracies = [run["test_accuracy"] for run in by_size[size]]
            cells.append(f"{statistics.mean(accuracies):.2%} ({min(accuracies):.2%} to {max(accuracies):.2%})")
        rows.append(f"| `{recipe}` | {by_size[sizes[0]][0]['parameters']:,} | " + " | ".join(cells) + " |")
    seeds = len(groups[next(iter(groups))][sizes[0]])
    note = (
        f"Test accuracy on MNIST: mean of {seeds} seeds (smallest to largest). Every training took "
        f"{values['steps']} to {longest_training(sizes, values)} steps of {values['batch_size']} images. "
        f"Measured on {values['processor']}."
    )
    return "\n".join(rows) + f"\n\n{note}\n"


def longest_training(sizes: list[int], values: dict[str, Any]) -> int:
    """Return the largest number of steps of a training, which whole epochs may raise above the target."""
    per_epoch = [math.ceil(size / values["batch_size"]) for size in sizes]
    return max(steps * math.ceil(values["steps"] / steps) for steps in per_epoch)


def make_picture() -> Any:
    """Draw the results."""
    from keras_cnn_course.plots.learning_curves import LearningCurve, plot_learning_curves

    curves = [
        LearningCurve(
            name=recipe,
            parameters=next(iter(by_size.values()))[0]["parameters"],
            train_examples=np.array(sorted(by_size)),
            accuracy=np.array([[run["test_accuracy"] for run in by_size[size]] for size in sorted(by_size)]),
        )
        for recipe, by_size in read_groups().items()
    ]
    return plot_learning_curves(curves, dataset="MNIST")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sizes", default="500,2000,10000,54000")
    parser.add_argument("--recipes", default="softmax,mlp,cnn,deep_cnn")
    arguments = parser.parse_args()
    measure(arguments.recipes.split(","), [int(size) for size in arguments.sizes.split(",")], arguments.seeds)
