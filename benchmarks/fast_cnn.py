"""Train the recipe fast_cnn on MNIST with several seeds; prints the training seconds and the test accuracy of each.

usage: python benchmarks/fast_cnn.py [--seeds 10]

The accuracy is that of the model from the last epoch. Prints one line of JSON per seed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from accuracy import score_last_epoch

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--seeds", type=int, default=10)
options = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    words = ["train", "fast_cnn", "--dataset", "mnist", "--ensemble", str(options.seeds), "--out", f"{folder}/runs"]
    kcnn = [sys.executable, "-m", "keras_cnn_course"]
    subprocess.run([*kcnn, *words, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    runs = [f"{folder}/runs/seed-{seed}" for seed in range(options.seeds)]
    accuracies, _ = score_last_epoch(runs, "mnist")
    for seed, (run, accuracy) in enumerate(zip(runs, accuracies, strict=True)):
        result = json.loads(Path(run, "metrics.json").read_text())
        told = {name: result[name] for name in ("epochs", "fit_seconds")}
        print(json.dumps({"seed": seed, **told, "test_accuracy": round(accuracy, 4)}))
