"""Train the recipe fast_cnn once on MNIST; prints the training seconds and the test accuracy of the last epoch.

usage: python benchmarks/fast_cnn.py [--seed 0]
"""

import argparse
import json
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    kcnn = [sys.executable, "-m", "keras_cnn_course"]
    settings = ["--recipe", "fast_cnn", "--dataset", "mnist", "--seed", str(options.seed), "--out", f"{folder}/run"]
    trained = subprocess.run([*kcnn, "train", *settings, "--quiet", "--json"], check=True, stdout=subprocess.PIPE)
    evaluated = subprocess.run(
        [*kcnn, "evaluate", f"{folder}/run", "--which", "final", "--json"], check=True, stdout=subprocess.PIPE
    )
result, accuracy = json.loads(trained.stdout), json.loads(evaluated.stdout)["accuracy"]
told = {name: result[name] for name in ("epochs", "fit_seconds")}
print(json.dumps({"seed": options.seed, **told, "test_accuracy": round(accuracy, 4)}))
