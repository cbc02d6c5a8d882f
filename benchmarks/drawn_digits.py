"""Measure how well the lecture's models recognize drawn digits, trained with and without augmentation.

usage: python benchmarks/drawn_digits.py    (MNIST in KCNN_DATA_HOME, Node for the page's JavaScript; fifteen minutes)

There are three accuracies per model: on the test images; on the same images after the live page's preparation of a
drawing; and on 1,000 digits drawn by scripted pen strokes of varying size, thickness, slant and position. Results go to
 benchmarks/drawn_digits.json, from which `make docs` writes a table.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
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
        ("deep_cnn", "none"),
        ("deep_cnn", "affine"),
        ("deep_cnn", "elastic"),
    ],
    "mnist": [
        *(("softmax", "none"), ("mlp", "none"), ("cnn", "none"), ("cnn", "elastic")),
        *(("deep_cnn", "none"), ("deep_cnn", "affine"), ("deep_cnn", "elastic")),
    ],
}


def measure(seeds: int) -> None:
    """Train every case with the seeds 0, 1, ... and record its accuracies."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.devices import backend
    from keras_cnn_course.results.prediction import predict_probabilities
    from keras_cnn_course.training.trainer import TrainingSettings, train

    started = backend.start()
    rows = []
    for name, cases in CASES.items():
        dataset = load_dataset(name)
        sets = {"test": (dataset.x_test, dataset.y_test), **prepare(dataset.x_test, dataset.y_test)}
        for recipe, augment in cases:
            for seed in range(seeds):
                with tempfile.TemporaryDirectory() as folder:
                    settings = TrainingSettings(overrides={"augment": augment}, seed=seed, out=Path(folder) / "run")
                    run = train(find_recipe(recipe), dataset, settings, backend=started)
                    model = run.load_model("best")
                accuracies = {
                    key: float((predict_probabilities(model, images).argmax(axis=1) == labels).mean())
                    for key, (images, labels) in sets.items()
                }
                rows.append({"dataset": name, "recipe": recipe, "augment": augment, "seed": seed, **accuracies})
                print(json.dumps(rows[-1]), flush=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


def prepare(images: np.ndarray, labels: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the drawings and the test images as the page prepares them, with their labels."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{name}.bin" for name in ("test", "drawn", "prepared")]
        files[0].write_bytes(images.tobytes())
        script = Path(__file__).with_name("prepare_drawings.mjs")
        subprocess.run(["node", str(script), str(DRAWINGS), *map(str, files)], check=True)
        drawn, prepared = (np.fromfile(file, np.uint8).reshape(-1, 28, 28, 1) for file in files[1:])
    return {"prepared": (prepared, labels), "drawn": (drawn, np.arange(DRAWINGS) % 10)}


def make_table() -> str:
    """Return the results as a Markdown table: means over the seeds, and for the drawings each seed too."""
    lines = [
        "| trained on | recipe | `--augment` | test images | prepared by the page | drawn digits (each seed) |",
        "|---|---|---|---:|---:|---|",
    ]
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in json.loads(RESULTS.read_text()):
        groups.setdefault((row["dataset"], row["recipe"], row["augment"]), []).append(row)
    for (dataset, recipe, augment), rows in groups.items():
        test, prepared, drawn = (statistics.mean(row[key] for row in rows) for key in ("test", "prepared", "drawn"))
        seeds = ", ".join(f"{row['drawn']:.1%}" for row in rows)
        lines.append(f"| {dataset} | `{recipe}` | {augment} | {test:.2%} | {prepared:.2%} | {drawn:.1%} ({seeds}) |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    measure(parser.parse_args().seeds)
