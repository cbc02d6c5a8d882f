"""Try settings of the recipes without looking at the test images, and keep a log of what was tried.

usage: python benchmarks/tries.py QUESTION LABEL RECIPE [--dataset mnist] [--seeds 0-9] [--threads 1] [NAME=VALUE ...]

6,000 of the 60,000 training images of MNIST or Fashion-MNIST take the place of the test images. They choose between
settings; the 10,000 real test images are not read. A line of the log is one try: its question, its label, the data set,
the recipe with its changed values, and for each seed the accuracy on the 6,000 images, of the best epoch by validation
loss and of the last, and the last epoch's accuracy on the validation images. The log is benchmarks/tries.json, from
which `make docs` makes tables and a picture.
"""

import argparse
import fcntl
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.results.interval import format_interval, mean_interval

LOG = Path(__file__).with_suffix(".json")
HELD_OUT = 6_000

Try = dict[str, Any]


def hold_out(name: str) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return a data set's training images without 6,000 of them, always the same, and these as test images."""
    from keras_cnn_course.datasets.loading import load_dataset

    data = load_dataset(name)
    order = np.random.default_rng(12_345).permutation(len(data.x_train))
    held, kept = order[:HELD_OUT], order[HELD_OUT:]
    return (data.x_train[kept], data.y_train[kept]), (data.x_train[held], data.y_train[held])


def train(recipe: str, values: dict[str, str], *, seed: int, threads: int, data: Any) -> dict[str, float]:
    """Train once, and return the accuracies on the images held out and the seconds of fitting."""
    import keras_cnn_course as kcnn

    with tempfile.TemporaryDirectory() as folder:
        chosen = {"overrides": {**values, "keep": "best"}, "seed": seed, "threads": threads}
        run = kcnn.train(recipe, data, out=Path(folder, "run"), quiet=True, **chosen)
        return {
            "seed": seed,
            "best_epoch": run.metrics["test_accuracy"],
            "last_epoch": round(run.evaluate(which="final").accuracy, 6),
            "validation": run.history["val_accuracy"][-1],
            "seconds": run.metrics["fit_seconds"],
            "threads": threads,
        }


def add(facts: Try, result: dict[str, float]) -> None:
    """Add the result of one seed to the try with these facts. Several processes may do so at the same time."""
    with LOG.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log = json.loads(LOG.read_text()) if LOG.is_file() else []
        found = next((entry for entry in log if facts.items() <= entry.items()), None)
        if found is None:
            log.append(found := {**facts, "seeds": []})
        others = [one for one in found["seeds"] if one["seed"] != result["seed"]]
        found["seeds"] = sorted([*others, result], key=lambda one: one["seed"])
        lines = [json.dumps(entry) for entry in log]
        LOG.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def read_tries(question: str) -> list[Try]:
    """Return the tries that belong to a question, in the order in which they were made."""
    return [entry for entry in json.loads(LOG.read_text()) if entry["question"] == question]


def make_table(question: str, compared: str = "") -> str:
    """Return the tries that belong to a question as a Markdown table.

    Args:
        compared: `epochs` to compare the last epoch with the best one of the same trainings.
    """
    if compared == "epochs":
        return _compare_epochs(read_tries(question))
    rows = ["| try | seeds | accuracy on the images held out: mean (range) | seconds |", "|---|---:|---|---:|"]
    for entry in read_tries(question):
        found = [one["last_epoch"] for one in entry["seeds"]]
        seconds = statistics.median(one["seconds"] for one in entry["seeds"])
        rows.append(
            f"| {entry['label']} | {len(found)} | {statistics.mean(found):.2%} ({min(found):.2%} to {max(found):.2%}) "
            f"| {seconds:.0f} |"
        )
    return "\n".join(rows) + "\n"


def _compare_epochs(tries: list[Try]) -> str:
    rows = ["| recipe | seeds | best epoch | last epoch | gain (95% interval) |", "|---|---:|---:|---:|---:|"]
    for entry in tries:
        best, last = ([one[name] for one in entry["seeds"]] for name in ("best_epoch", "last_epoch"))
        gains = [later - before for later, before in zip(last, best, strict=True)]
        interval = format_interval(mean_interval(gains), "{:+.3f}", scale=100)
        rows.append(
            f"| {entry['label']} | {len(best)} | {statistics.mean(best):.3%} | {statistics.mean(last):.3%} "
            f"| {100 * statistics.mean(gains):+.3f} ({interval}) |"
        )
    return "\n".join(rows) + "\n"


def _read_seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question")
    parser.add_argument("label")
    parser.add_argument("recipe", help="a recipe's name or file")
    parser.add_argument("values", nargs="*", metavar="NAME=VALUE", help="hyperparameters to change")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--seeds", type=_read_seeds, default=range(3))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_intermixed_args()
    changed = dict(pair.split("=", 1) for pair in options.values)
    images = hold_out(options.dataset)
    facts = {name: getattr(options, name) for name in ("question", "label", "dataset", "recipe")} | {"values": changed}
    for number in options.seeds:
        one = train(options.recipe, changed, seed=number, threads=options.threads, data=images)
        add(facts, one)
        print(json.dumps(one), file=sys.stderr, flush=True)
