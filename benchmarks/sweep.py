"""Run the sweep of docs/scaling.md on MNIST, and record its output and its picture.

usage: make sweep    (python benchmarks/sweep.py; about five minutes on two cores)

The picture goes to docs/pictures/sweep.png, everything else to benchmarks/sweep.json, from which `make docs` writes
the part of the page. MNIST comes from KCNN_DATA_HOME or is downloaded.
"""

import json
import runpy
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
PICTURE = ROOT / "docs" / "pictures" / "sweep.png"
COMMAND = "kcnn sweep --recipe cnn --grid filters=8,16,32 --seeds 5 --dataset mnist --jobs 2"


def record() -> None:
    """Run the sweep in an empty folder, and record its output and its picture."""
    arguments = [sys.executable, "-m", "keras_cnn_course", *shlex.split(COMMAND)[1:]]
    with tempfile.TemporaryDirectory() as folder:
        output = subprocess.run(arguments, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
        shutil.copyfile(Path(folder, "sweeps", "sweep-001", "sweep.png"), PICTURE)
    alt = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))["shrink_picture"](PICTURE)
    RESULTS.write_text(json.dumps({"command": COMMAND, "output": output, "alt": alt}, indent=1) + "\n")


def make_table() -> str:
    """Return the recorded sweep as Markdown: the command, its output and its picture."""
    link_picture = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))["link_picture"]
    results = json.loads(RESULTS.read_text())
    text = f"```console\n$ {results['command']}\n{results['output'].rstrip()}\n```\n\n"
    return text + link_picture(PICTURE.name, results["alt"])


if __name__ == "__main__":
    record()
