"""Train the recipe fast_cnn on MNIST with several seeds; prints the training seconds and the test accuracy of each.

usage: python benchmarks/fast_cnn.py [--seeds 10]

Prints one line of JSON per seed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--seeds", type=int, default=10)
options = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    words = ["train", "fast_cnn", "--dataset", "mnist", "--ensemble", str(options.seeds), "--out", f"{folder}/runs"]
    kcnn = [sys.executable, "-m", "keras_cnn_course"]
    subprocess.run([*kcnn, *words, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    runs = [f"{folder}/runs/seed-{seed}" for seed in range(options.seeds)]
    for seed, run in enumerate(runs):
        result = json.loads(Path(run, "metrics.json").read_text())
        told = {name: result[name] for name in ("epochs", "fit_seconds", "test_accuracy")}
        print(json.dumps({"seed": seed, **told}))
