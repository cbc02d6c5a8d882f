"""How accurate networks get with few labels, over ten draws of the training images: one sweep.

usage: python benchmarks/few_labels.py [SWEEP ...]    (records finished sweeps; without one, trains for 20 minutes)

The augmentation was chosen with `tries.py`, on 6,000 training images that took the place of the test images.
Results go to benchmarks/few_labels.json, from which `make docs` makes the table of docs/training.md. MNIST comes from
KCNN_DATA_HOME or is downloaded.
"""

import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from keras_cnn_course.results.interval import format_interval, mean_interval

RESULTS = Path(__file__).with_suffix(".json")
COMMAND = r"""kcnn sweep --recipe deep_cnn --dataset mnist --train-examples 100,1000,10000 --seeds 10 --jobs 2 \
    --grid augment=elastic --grid batch_size=125 --grid learning_rate=0.003 \
    --grid min_steps=2400 --grid validation_split=0.01"""


def record(sweeps: list[Path]) -> None:
    """Record the runs of finished sweeps; without one, train in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        if not sweeps:
            words = [
                sys.executable,
                "-m",
                "keras_cnn_course",
                *shlex.split(COMMAND.replace("\\\n", ""))[1:],
                "--out",
                f"{folder}/sweep",
            ]
            subprocess.run(words, check=True)
            sweeps = [Path(folder, "sweep")]
        runs = [read_run(path.parent) for sweep in sweeps for path in sorted(sweep.glob("runs/*/metrics.json"))]
    RESULTS.write_text("[\n" + ",\n".join(json.dumps(run) for run in runs) + "\n]\n")


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


def make_table() -> str:
    """Return the command and its results as Markdown."""
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for run in json.loads(RESULTS.read_text()):
        groups.setdefault((run["recipe"], run["train_examples"]), []).append(run)
    lines = [
        f"```text\n{COMMAND}\n```\n",
        "| recipe | labels | draws | MNIST test accuracy: mean (95% interval) | range | seconds on one core |",
        "|---|---:|---:|---|---|---:|",
    ]
    for (recipe, examples), runs in sorted(groups.items()):
        accuracies = [run["test_accuracy"] for run in runs]
        lines.append(
            f"| `{recipe}` | {examples:,} | {len(runs)} | {statistics.mean(accuracies):.2%} "
            f"({format_interval(mean_interval(accuracies))}) | {min(accuracies):.2%} to {max(accuracies):.2%} "
            f"| {statistics.median(run['fit_seconds'] for run in runs):.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    record([Path(word) for word in sys.argv[1:]])
