"""Train the lecture's networks on MNIST and record the commands of docs/lecture.md's demo, with their pictures.

usage: make lecture-pictures    (python benchmarks/lecture_demo.py; about six minutes on two cores)

The pictures go to docs/pictures, everything else to benchmarks/lecture_demo.json, from which `make docs` writes the
demo's parts of the page. MNIST comes from KCNN_DATA_HOME or is downloaded.
"""

import json
import os
import runpy
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Step:
    """A command of the demo and the pictures to keep, each with the path it is written to and its name in docs."""

    command: str
    pictures: dict[str, str] = field(default_factory=dict)


STEPS = {
    "mlp": Step("kcnn train --recipe mlp --dataset mnist"),
    "cnn": Step("kcnn train --recipe cnn --dataset mnist"),
    "deep_cnn": Step("kcnn train --recipe deep_cnn --dataset mnist"),
    "compare": Step("kcnn compare runs/mlp-001 runs/cnn-001 runs/deep_cnn-001"),
    "filters": Step("kcnn filters runs/cnn-001", {"runs/cnn-001/plots/filters.png": "demo-filters.png"}),
    "pixels": Step("kcnn filters runs/mlp-001", {"runs/mlp-001/plots/filters.png": "demo-mlp-weights.png"}),
    "patches": Step(
        "kcnn filters runs/deep_cnn-001 --patches",
        {
            "runs/deep_cnn-001/plots/patches.png": "demo-patches.png",
            "runs/deep_cnn-001/plots/patches_conv_2.png": "demo-patches-2.png",
        },
    ),
    "augmented": Step("kcnn train --recipe cnn --dataset mnist --augment shift"),
    "shift": Step(
        "kcnn shift runs/mlp-001 runs/cnn-001 runs/cnn-002", {"runs/mlp-001/plots/shift.png": "demo-shift.png"}
    ),
}


def record() -> None:
    """Run every step in an empty folder, and record its output and its pictures."""
    shrink_picture = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))["shrink_picture"]
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for key, step in STEPS.items():
            print(step.command, flush=True)
            arguments = [sys.executable, "-m", "keras_cnn_course", *shlex.split(step.command)[1:]]
            environment = {**os.environ, "COLUMNS": "88", "PYTHONPATH": str(ROOT)}
            done = subprocess.run(arguments, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            alts = {}
            for source, name in step.pictures.items():
                target = ROOT / "docs" / "pictures" / name
                shutil.copyfile(Path(folder, source), target)
                alts[name] = shrink_picture(target)
            results[key] = {**asdict(step), "output": done.stdout, "pictures": alts}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def make_table(key: str) -> str:
    """Return a recorded step as Markdown: the command, its output and its pictures."""
    link_picture = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))["link_picture"]
    step: dict[str, Any] = json.loads(RESULTS.read_text())[key]
    text = f"```console\n$ {step['command']}\n{step['output'].rstrip()}\n```\n"
    return text + "".join(f"\n{link_picture(name, alt)}" for name, alt in step["pictures"].items())


if __name__ == "__main__":
    record()
