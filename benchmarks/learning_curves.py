"""Measure how accuracy grows with the number of training images, for each of the lecture's networks.

usage: python benchmarks/learning_curves.py [--seeds 3] [--sizes 500,2000,10000,54000] [--recipes softmax,mlp,...]

Every run takes the same number of optimizer steps, with the learning rate of the recipe, so small training sets are
seen more often. Results go to benchmarks/learning_curves.json, from which `make docs` makes a table and a picture.
"""

import argparse
import dataclasses
import json
import math
import runpy
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text

RESULTS = Path(__file__).with_suffix(".json")
BATCH_SIZE, STEPS = 250, 216
VALIDATION_SPLIT = 0.1
_WIDTH, _HEIGHT = 9.6, 4.4
_ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)


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
    """Train once on `size` images, chosen by the seed, and take the validation images in addition."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.training.trainer import TrainingSettings
    from keras_cnn_course.training.trainer import train as train_recipe

    chosen = np.random.default_rng(seed).permutation(len(dataset.x_train))[: round(size / (1 - VALIDATION_SPLIT))]
    part = dataclasses.replace(dataset, x_train=dataset.x_train[chosen], y_train=dataset.y_train[chosen])
    overrides = {"epochs": 1, "min_steps": STEPS, "batch_size": BATCH_SIZE, "validation_split": VALIDATION_SPLIT}
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
    """Return the most steps that a run took: epochs are whole, so some sizes take a few more than asked for."""
    per_epoch = [math.ceil(size / values["batch_size"]) for size in sizes]
    return max(steps * math.ceil(values["steps"] / steps) for steps in per_epoch)


def make_picture() -> Picture:
    """Return the picture of the results."""
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


@dataclass(frozen=True)
class LearningCurve:
    """One network, trained with several seeds on training sets of several sizes.

    Args:
        train_examples: `(sizes,)` numbers of training images, ascending.
        accuracy: `(sizes, seeds)` test accuracies below 1.
    """

    name: str
    parameters: int
    train_examples: np.ndarray
    accuracy: np.ndarray


def plot_learning_curves(curves: Sequence[LearningCurve], *, dataset: str) -> Picture:
    """Draw accuracy over parameters, for the largest training set, and over the number of training images.

    There is one dot per run, and lines connect the means. The scale of the accuracy is logarithmic in the error: from
    90% to 99% is as far as from 99% to 99.9%.
    """
    figure = new_figure(_WIDTH, _HEIGHT)
    by_parameters, by_images = figure.subplots(1, 2, sharey=True)
    by_parameters.margins(x=0.12)
    for number, curve in enumerate(curves):
        look = {"color": OKABE_ITO[number % len(OKABE_ITO)], "marker": MARKERS[number % len(MARKERS)]}
        _draw_dots(by_parameters, np.full(curve.accuracy[-1].shape, curve.parameters), curve.accuracy[-1], look)
        place = (curve.parameters, 1 - float(curve.accuracy[-1].max()))
        label = {"textcoords": "offset points", "ha": "center", "fontsize": SMALL + 1, "parse_math": False}
        by_parameters.annotate(curve.name, place, (0, 7), **label)
        for size, accuracy in zip(curve.train_examples, curve.accuracy, strict=True):
            _draw_dots(by_images, np.full(accuracy.shape, size), accuracy, look)
        by_images.plot(curve.train_examples, 1 - curve.accuracy.mean(axis=1), color=look["color"], linewidth=1.2)
    sizes = sorted({int(size) for curve in curves for size in curve.train_examples})
    largest = f"{sizes[-1]:,}"
    _dress(by_parameters, "parameters (logarithmic scale)", f"trained on {largest} images", curves)
    _dress(
        by_images,
        "training images (logarithmic scale)",
        "lines connect the means",
        curves,
    )
    by_images.xaxis.set_major_locator(FixedLocator(sizes))
    by_images.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    by_parameters.set_ylabel("test accuracy (logarithmic scale of the error)", fontsize=TEXT)
    by_images.tick_params(labelleft=True)
    seeds = curves[0].accuracy.shape[1]
    title = f"Networks compared on {dataset}: one dot per run, {seeds} seeds each"
    figure.suptitle(wrap_text(title, inches=_WIDTH - 0.4, size=TITLE), fontsize=TITLE, parse_math=False)
    _name_networks(by_images, curves)
    return Picture(figure, _describe(curves, dataset=dataset))


def _draw_dots(axes: Axes, x: np.ndarray, accuracy: np.ndarray, look: dict[str, Any]) -> None:
    axes.plot(x, 1 - accuracy, linestyle="none", markersize=5, alpha=0.75, markeredgecolor="white", **look)


def _dress(axes: Axes, label: str, title: str, curves: Sequence[LearningCurve]) -> None:
    """Label the axes. The vertical one is drawn as errors downwards and labeled as accuracy."""
    errors = np.concatenate([1 - curve.accuracy.ravel() for curve in curves])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(errors.max() * 1.3, errors.min() / 1.4)
    axes.yaxis.set_major_locator(FixedLocator([1 - accuracy for accuracy in _ACCURACIES]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):.4g}%"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(label, fontsize=TEXT)
    axes.set_title(title, fontsize=TEXT)
    axes.tick_params(labelsize=SMALL + 1)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _name_networks(axes: Axes, curves: Sequence[LearningCurve]) -> None:
    handles = [
        Line2D([], [], color=OKABE_ITO[number % len(OKABE_ITO)], marker=MARKERS[number % len(MARKERS)], markersize=5)
        for number in range(len(curves))
    ]
    labels = [f"{curve.name}: {curve.parameters:,} parameters" for curve in curves]
    axes.legend(handles, labels, loc="upper left", fontsize=SMALL + 1)


def _describe(curves: Sequence[LearningCurve], *, dataset: str) -> str:
    first, last = int(curves[0].train_examples[0]), int(curves[0].train_examples[-1])
    parts = "; ".join(
        f"{curve.name} with {curve.parameters:,} parameters rises from {curve.accuracy[0].mean():.1%} on {first:,} "
        f"images to {curve.accuracy[-1].mean():.1%} on {last:,}"
        for curve in curves
    )
    return f"Test accuracy on {dataset} over parameters and over training images: {parts}."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sizes", default="500,2000,10000,54000")
    parser.add_argument("--recipes", default="softmax,mlp,cnn,deep_cnn")
    arguments = parser.parse_args()
    measure(arguments.recipes.split(","), [int(size) for size in arguments.sizes.split(",")], arguments.seeds)
