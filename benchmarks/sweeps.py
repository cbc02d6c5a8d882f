"""Record the sweep that docs/scaling.md shows, and measure what running many trainings at a time brings.

usage: make sweeps    (python benchmarks/sweeps.py; MNIST, about ten minutes on two cores)

The picture goes to docs/pictures/sweep.png, everything else to benchmarks/sweeps.json, from which `make docs` writes
the tables of docs/scaling.md. MNIST is taken from KCNN_DATA_HOME, or downloaded.
"""

import csv
import json
import runpy
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
PICTURE = ROOT / "docs" / "pictures" / "sweep.png"
SHOWN = "kcnn sweep --recipe cnn --grid filters=8,16,32 --seeds 5 --dataset mnist --jobs 2"
TIMED = "kcnn sweep --recipe cnn --grid filters=16 --seeds 4 --dataset mnist"
ENGINES = ("--jobs 1 --threads 2", "--jobs 2 --threads 1", "--ray --threads 1")


def run(command: str, folder: str) -> str:
    """Run a command in a folder and return what it prints."""
    arguments = [sys.executable, "-m", "keras_cnn_course", *shlex.split(command)[1:]]
    return subprocess.run(arguments, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def show() -> dict[str, str]:
    """Run the sweep that is shown, and keep its picture."""
    with tempfile.TemporaryDirectory() as folder:
        output = run(SHOWN, folder)
        shutil.copyfile(Path(folder, "sweeps", "sweep-001", "sweep.png"), PICTURE)
    alt = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))["shrink_picture"](PICTURE)
    return {"command": SHOWN, "output": output, "alt": alt}


def time_engine(words: str) -> dict[str, Any]:
    """Run the same trials by one engine and return the seconds of the whole command and of each training."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        run(f"{TIMED} {words}", folder)
        wall = time.perf_counter() - began
        rows = list(csv.DictReader(Path(folder, "sweeps", "sweep-001", "sweep.csv").read_text().splitlines()))
    return {"engine": words, "wall": round(wall, 1), "fit_seconds": [float(row["fit_seconds"]) for row in rows]}


def measure() -> None:
    """Run everything and write the results."""
    processor = runpy.run_path(str(RESULTS.with_name("accuracy.py")))["_processor"]()
    engines = [time_engine(words) for words in ENGINES]
    RESULTS.write_text(json.dumps({"processor": processor, "engines": engines, "shown": show()}, indent=1) + "\n")


def make_table(what: str) -> str:
    """Return the sweep that is `shown`, or the table of the `engines`, as Markdown."""
    results = json.loads(RESULTS.read_text())
    if what == "shown":
        shown = results["shown"]
        link = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))["link_picture"](PICTURE.name, shown["alt"])
        return f"```console\n$ {shown['command']}\n{shown['output'].rstrip()}\n```\n\n{link}"
    lines = ["| engine | seconds in all | seconds of a training | runs an hour |", "|---|---:|---:|---:|"]
    for row in results["engines"]:
        fit, runs = statistics.median(row["fit_seconds"]), len(row["fit_seconds"])
        lines.append(f"| `{row['engine']}` | {row['wall']:.1f} | {fit:.1f} | {3600 * runs / row['wall']:.0f} |")
    runs = len(results["engines"][0]["fit_seconds"])
    return "\n".join(lines) + f"\n\n{runs} runs of `cnn` with 16 filters on MNIST; {results['processor']}.\n"


if __name__ == "__main__":
    measure()
