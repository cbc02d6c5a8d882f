"""Measure how well the lecture's models recognize drawn digits, trained with and without augmentation.

usage: python benchmarks/drawn_digits.py [--datasets digits,mnist]    (MNIST in KCNN_DATA_HOME, Node; half an hour)

There are three accuracies per model: on the test images; on the same images after the live page's preparation of a
drawing; and on 1,000 digits drawn by scripted pen strokes of varying size, thickness, slant and position. In addition,
each common way to write a digit (tests/page/drawn_shapes.mjs) is drawn eight times, and prepared as the page and as
`kcnn predict` prepare it. Results go to benchmarks/drawn_digits.json, from which `make docs` writes two tables.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
DRAWINGS = 1000
CASES = {
    "digits": [
        ("cnn", "none"),
        ("cnn", "elastic"),
        ("cnn", "handwriting"),
        ("deep_cnn", "none"),
        ("deep_cnn", "affine"),
        ("deep_cnn", "elastic"),
        ("deep_cnn", "handwriting"),
    ],
    "mnist": [
        *(("softmax", "none"), ("mlp", "none"), ("cnn", "none"), ("cnn", "elastic")),
        *(("deep_cnn", "none"), ("deep_cnn", "affine"), ("deep_cnn", "elastic")),
    ],
}


def measure(datasets: list[str], seeds: int) -> None:
    """Train every case with the seeds 0, 1, ... and record its accuracies; those on other data sets are kept."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.devices import backend
    from keras_cnn_course.results.prediction import predict_probabilities
    from keras_cnn_course.training.trainer import TrainingSettings, train

    started = backend.start()
    rows = [row for row in json.loads(RESULTS.read_text()) if row["dataset"] not in datasets]
    for name in datasets:
        dataset = load_dataset(name)
        sets, shapes = prepare(dataset.x_test, dataset.y_test)
        for recipe, augment in CASES[name]:
            for seed in range(seeds):
                with tempfile.TemporaryDirectory() as folder:
                    settings = TrainingSettings(overrides={"augment": augment}, seed=seed, out=Path(folder) / "run")
                    run = train(find_recipe(recipe), dataset, settings, backend=started)
                    model = run.load_model("best")
                accuracies = {
                    key: float((predict_probabilities(model, images).argmax(axis=1) == labels).mean())
                    for key, (images, labels) in sets.items()
                }
                row = {"dataset": name, "recipe": recipe, "augment": augment, "seed": seed, **accuracies}
                answers = [predict_probabilities(model, images).argmax(axis=1) for images in shapes.images]
                epochs = run.read_metrics()["epochs"]
                rows.append({**row, "epochs": epochs, "shapes": shapes.count(answers)})
                print(json.dumps(rows[-1]), flush=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


@dataclass(frozen=True)
class Shapes:
    """The ways to write a digit: name and label of each drawing, and its image as page and `predict` prepare it."""

    names: list[tuple[str, int]]
    images: tuple[np.ndarray, np.ndarray]

    def count(self, answers: list[np.ndarray]) -> dict[str, list[int]]:
        """Return for each shape how many drawings are recognized by the page, by `predict`, and how many there are."""
        counts: dict[str, list[int]] = {}
        for (name, label), *given in zip(self.names, *answers, strict=True):
            count = counts.setdefault(name, [0, 0, 0])
            counts[name] = [count[0] + int(given[0] == label), count[1] + int(given[1] == label), count[2] + 1]
        return counts


def prepare(images: np.ndarray, labels: np.ndarray) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], Shapes]:
    """Return test images and drawings with their labels, as the page prepares them, and the shapes."""
    from keras_cnn_course.datasets.preparation import prepare_digit

    with tempfile.TemporaryDirectory() as folder:
        test, drawn, prepared, names, shapes, papers = (
            Path(folder) / name for name in ("test", "drawn", "prepared", "names", "shapes", "papers")
        )
        test.write_bytes(images.tobytes())
        script = Path(__file__).with_name("prepare_drawings.mjs")
        files = (test, drawn, prepared, names, shapes, papers)
        subprocess.run(["node", str(script), str(DRAWINGS), *map(str, files)], check=True)
        read = {file: np.fromfile(file, np.uint8).reshape(-1, 28, 28, 1) for file in (drawn, prepared, shapes)}
        on_paper = 255 - np.fromfile(papers, np.uint8).reshape(-1, 280, 280)
        pictures = np.stack([prepare_digit(paper) for paper in on_paper])[..., np.newaxis]
        drawings = (read[drawn], np.arange(DRAWINGS) % 10)
        sets = {"test": (images, labels), "prepared": (read[prepared], labels), "drawn": drawings}
        return sets, Shapes(json.loads(names.read_text()), (read[shapes], pictures))


def make_table(which: str = "accuracy") -> str:
    """Return the results as a Markdown table: `accuracy`, or `shapes` for those on the embedded digits."""
    return _tabulate_shapes() if which == "shapes" else _tabulate_accuracies()


def _tabulate_shapes() -> str:
    """Return a table with the mean number of recognized drawings of each shape, on the page and by `predict`."""
    groups: dict[str, list[dict[str, list[int]]]] = {}
    for row in json.loads(RESULTS.read_text()):
        if row["dataset"] == "digits" and row.get("shapes"):
            groups.setdefault(f"`{row['recipe']}`, {row['augment']}", []).append(row["shapes"])
    lines = ["| written | " + " | ".join(groups) + " |", "|---|" + "---:|" * len(groups)]
    for shape in next(iter(groups.values()))[0]:
        counts = [
            [statistics.mean(row[shape][way] for row in rows) for way in (0, 1)] + [rows[0][shape][2]]
            for rows in groups.values()
        ]
        cells = [f"{page:.1f} and {predict:.1f} of {count}" for page, predict, count in counts]
        lines.append(f"| {shape} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _tabulate_accuracies() -> str:
    """Return means over the seeds, and for the drawings each seed too."""
    lines = [
        "| trained on | recipe | `--augment` | epochs | test images | prepared by the page "
        "| drawn digits (each seed) |",
        "|---|---|---|---:|---:|---:|---|",
    ]
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in json.loads(RESULTS.read_text()):
        groups.setdefault((row["dataset"], row["recipe"], row["augment"]), []).append(row)
    for (dataset, recipe, augment), rows in groups.items():
        test, prepared, drawn = (statistics.mean(row[key] for row in rows) for key in ("test", "prepared", "drawn"))
        seeds = ", ".join(f"{row['drawn']:.1%}" for row in rows)
        case = f"| {dataset} | `{recipe}` | {augment} | {rows[0]['epochs']} "
        lines.append(f"{case}| {test:.2%} | {prepared:.2%} | {drawn:.1%} ({seeds}) |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--datasets", default="digits,mnist")
    arguments = parser.parse_args()
    measure(arguments.datasets.split(","), arguments.seeds)
