"""Measure how fast the lecture's models train, side by side with plain Keras and with PyTorch: `make bench`.

usage: python benchmarks/speed.py [--rounds 3] [--only contenders,growth,accuracy99,start]

Needs MNIST in KCNN_DATA_HOME. Contenders take turns, so that changes in the machine's speed affect all alike, and
medians are kept. Results go to benchmarks/results.json, from which tables.py makes the tables of the documentation.
Quote ratios of one run: single times on a shared machine mean little. PyTorch takes part if it is installed.
"""

import argparse
import importlib.util
import json
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
MODELS = ("mlp", "cnn", "deep_cnn")


def run_script(name: str, *arguments: object) -> list[dict[str, Any]]:
    """Run a script of this folder in a separate process and return the JSON lines that it prints."""
    command = [sys.executable, str(HERE / name), *map(str, arguments)]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def measure_contenders(rounds: int) -> dict[str, Any]:
    """Return the medians over the rounds of each contender's second epoch, and of the limit in GFLOP/s by precision."""
    contenders = ["engine", "keras_fit"]
    contenders += ["pytorch", "pytorch_bf16"] if importlib.util.find_spec("torch") else []
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    limits = []
    for _ in range(rounds):
        limits.append(run_script("matrix_product.py")[-1])
        print(json.dumps(limits[-1]), flush=True)
        for model in MODELS:
            for contender in contenders:
                line = run_script("contenders.py", contender, model)[-1]
                print(json.dumps(line), flush=True)
                found.setdefault((model, contender), []).append(line)
    rows = [
        {"model": model, "contender": contender}
        | {
            key: statistics.median(line[key] for line in lines)
            for key in ("images_per_second", "wall", "cpu", "peak_mib")
        }
        for (model, contender), lines in found.items()
    ]
    limit = {precision: statistics.median(rates[precision] for rates in limits) for precision in limits[0]}
    return {"rounds": rounds, "limit": limit, "rows": rows}


def measure_growth(rounds: int) -> list[dict[str, Any]]:
    """Return the seconds per epoch of `cnn` for growing numbers of images, filters and images per batch."""
    cases = [{"images": images} for images in (15_000, 30_000, 60_000, 240_000)]
    cases += [{"filters": filters, "images": 15_000} for filters in (8, 16, 32, 64)]
    cases += [{"batch_size": size, "images": 15_000} for size in (50, 125, 250, 500, 1000)]
    rows = []
    for case in cases:
        options = [text for name, value in case.items() for text in (f"--{name.replace('_', '-')}", value)]
        line = run_script("contenders.py", "engine", "cnn", *options)[-1]
        rows.append({**case, "wall": line["wall"], "images_per_second": line["images_per_second"]})
        print(json.dumps(rows[-1]), flush=True)
    return rows


def measure_accuracy99(rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Return the training seconds to 99% test accuracy of `fast_cnn` (ten seeds) and the Keras website's convnet."""
    found: dict[str, list[dict[str, Any]]] = {"keras_site": [], "fast_cnn": []}
    for seed in range(10):
        if seed % 4 == 0:
            found["keras_site"].append(run_script("keras_site.py")[-1])
            print(json.dumps(found["keras_site"][-1]), flush=True)
        found["fast_cnn"].append(run_script("fast_cnn.py", "--seed", seed)[-1])
        print(json.dumps(found["fast_cnn"][-1]), flush=True)
    return found


def measure_start(rounds: int) -> dict[str, float]:
    """Return the median start-up times, and the peak memory of a whole training on MNIST."""
    kcnn = [sys.executable, "-m", "keras_cnn_course"]
    train = [*kcnn, "train", "--recipe", "cnn", "--out"]
    return {
        "python": _median_seconds([sys.executable, "-c", "pass"], 5),
        "import keras_cnn_course": _median_seconds([sys.executable, "-c", "import keras_cnn_course"], 5),
        "kcnn --help": _median_seconds([*kcnn, "--help"], 5),
        "import keras": _median_seconds([sys.executable, "-c", "import keras"], 3),
        "kcnn train --recipe cnn: to the end of the first epoch": statistics.median(
            _seconds_to_first_epoch([*train, f"{folder}/run"]) for folder in _fresh_folders(3)
        ),
        "peak_mib of kcnn train --recipe cnn --dataset mnist": _peak_memory(
            [*train, f"{_fresh_folders(1)[0]}/run", "--dataset", "mnist", "--epochs", "2", "--quiet"]
        ),
    }


def _fresh_folders(count: int) -> list[str]:
    return [tempfile.mkdtemp() for _ in range(count)]


def _median_seconds(command: list[str], runs: int) -> float:
    def seconds() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began

    return round(statistics.median(seconds() for _ in range(runs)), 3)


def _peak_memory(command: list[str]) -> int:
    """Return the largest resident memory of a command, in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return usage.ru_maxrss // 1024


def _seconds_to_first_epoch(command: list[str]) -> float:
    """Return the seconds from starting the command to its first line that begins with `epoch`."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch"):
                process.terminate()
                return round(time.perf_counter() - began, 3)
    raise SystemExit(f"no epoch was trained by: {' '.join(command)}")


MEASUREMENTS: dict[str, Callable[[int], Any]] = {
    "contenders": measure_contenders,
    "accuracy99": measure_accuracy99,
    "growth": measure_growth,
    "start": measure_start,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(MEASUREMENTS))
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    processor = runpy.run_path(str(HERE / "accuracy.py"))["_processor"]()
    for name in options.only.split(","):
        results[name] = MEASUREMENTS[name](options.rounds)
        results.setdefault("processors", {})[name] = processor
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
