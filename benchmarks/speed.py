"""Measure how fast the lecture's models train, side by side with Keras and PyTorch at their best: `make bench`.

usage: python benchmarks/speed.py [--rounds 3] [--only contenders,growth,accuracy99,start]
                                  [--models mlp,cnn,deep_cnn] [--instruction-sets avx2,auto] [--peers PYTHON]

Needs MNIST in KCNN_DATA_HOME. Contenders take turns, so that changes in the machine's speed affect all alike, and
medians are kept. A contender that is clearly slower than another of its framework takes part in the first round alone.
On a processor with AVX-512 all are measured twice: with every library limited to AVX2, and with what `auto` takes.

Results go to benchmarks/results.json, from which tables.py makes the tables of the documentation; a part that is not
measured keeps its last results. Quote ratios of one run: single times on a shared machine mean little.

PyTorch, and Keras on JAX, take part if the Python given by --peers or KCNN_PEERS_PYTHON has them: for example one of a
virtual environment made with `pip install torch jax keras numpy`. torch.compile takes part if g++ is installed.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
BATCH_SIZES = (128, 500)
# Both batch sizes divide these, so that torch.compile compiles once per size.
IMAGES = {"mlp": 64_000, "cnn": 16_000, "deep_cnn": 16_000}
# What a contender keeps from the second round on: at least this share of the best rate of its framework.
CLOSE = 0.85

AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
# glibc returns large blocks to the system at once; PyTorch is up to 2.5 times as fast if it keeps them.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_MMAP_THRESHOLD_": "8589934592"}
# Under Linux, TensorFlow leaves oneDNN off on a processor that has AVX2 alone; the second is what a user can set.
ENVIRONMENTS = {
    ("avx2", "keras_fit"): {"TF_ENABLE_ONEDNN_OPTS": "0"},
    ("avx2", "keras_fit_onednn"): {"TF_ENABLE_ONEDNN_OPTS": "1"},
}
FRAMEWORKS = {
    "engine": ("engine",),
    "keras": ("keras_fit", "keras_fit_onednn"),
    "jax": ("keras_jax",),
    "torch": ("pytorch", "pytorch_channels_last", "pytorch_compiled", "pytorch_bf16", "pytorch_bf16_compiled"),
}
Line = dict[str, Any]


def run_script(
    name: str, *arguments: object, python: str = sys.executable, environment: dict[str, str] | None = None
) -> list[Line]:
    """Run a script of this folder in a separate process and return the JSON lines that it prints."""
    result = subprocess.run(
        [python, str(HERE / name), *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def list_instruction_sets() -> dict[str, dict[str, str]]:
    """Return the instruction sets to measure with, and the environment that limits the libraries to each."""
    from keras_cnn_course.devices.processor import cpu_flags

    return {"avx2": AVX2, "auto": {}} if "avx512f" in cpu_flags() else {"avx2": {}}


def list_contenders(instruction_set: str, peers: str) -> list[str]:
    """Return the contenders that can take part, those of one framework next to each other."""

    def can_import(module: str) -> bool:
        return not subprocess.run([peers, "-c", f"import {module}"], capture_output=True, check=False).returncode

    frameworks = ["engine", "keras", *(name for name in ("jax", "torch") if can_import(name))]
    names = [contender for framework in frameworks for contender in FRAMEWORKS[framework]]
    if not shutil.which("g++"):
        names = [name for name in names if "compiled" not in name]
    if instruction_set == "avx2":
        return [name for name in names if "bf16" not in name]
    return [name for name in names if name != "keras_fit_onednn"]


def run_contender(contender: str, model: str, instruction_set: str, limits: dict[str, str], peers: str) -> list[Line]:
    """Return the second epoch of a contender with each batch size."""
    own = contender in ("engine", *FRAMEWORKS["keras"])
    environment = {**limits, **ENVIRONMENTS.get((instruction_set, contender), {}), **({} if own else KEEP_MEMORY)}
    sizes = ",".join(map(str, BATCH_SIZES))
    lines = run_script(
        "contenders.py", contender.removesuffix("_onednn"), model, "--batch-sizes", sizes, "--images", IMAGES[model],
        python=sys.executable if own else peers, environment=environment,
    )  # fmt: skip
    facts = {"contender": contender, "instruction_set": instruction_set}
    return [{**line, **facts} for line in lines if line["epoch"] == 1]


def measure_contenders(options: argparse.Namespace, before: Line) -> Line:
    """Return the medians over the rounds of each contender's second epoch, and of the limits in GFLOP/s."""
    limits = {name: limit for name, limit in list_instruction_sets().items() if name in options.instruction_sets}
    groups = [(model, name) for model in options.models for name in limits]
    running = {group: list_contenders(group[1], options.peers) for group in groups}
    found: dict[tuple[str, str, str, int], list[Line]] = {}
    rates: dict[str, list[Line]] = {name: [] for name in limits}
    for _ in range(options.rounds):
        for name in limits:
            rates[name] += run_script("matrix_product.py", environment=limits[name])
            print(name, json.dumps(rates[name][-1]), flush=True)
        for model, name in groups:
            for contender in running[model, name]:
                for line in run_contender(contender, model, name, limits[name], options.peers):
                    print(json.dumps(line), flush=True)
                    found.setdefault((name, model, contender, line["batch_size"]), []).append(line)
            running[model, name] = _keep_fastest(running[model, name], (name, model), found)
    rows = [_summarize_lines(lines) for lines in found.values()]
    kept = [row for row in before.get("rows", []) if (row["model"], row.get("instruction_set")) not in groups]
    medians = {
        name: {key: statistics.median(each[key] for each in got) for key in got[0]} for name, got in rates.items()
    }
    return {"rounds": options.rounds, "limit": {**before.get("limit", {}), **medians}, "rows": kept + rows}


def _keep_fastest(running: list[str], group: tuple[str, str], found: dict[Any, list[Line]]) -> list[str]:
    """Return the contenders that are close to the best of their framework with some batch size."""
    rates = {
        (contender, size): found[*group, contender, size][0]["images_per_second"]
        for contender in running
        for size in BATCH_SIZES
    }
    kept = []
    for members in FRAMEWORKS.values():
        present = [name for name in members if name in running]
        for name in present:
            if any(rates[name, size] >= CLOSE * max(rates[rival, size] for rival in present) for size in BATCH_SIZES):
                kept.append(name)
    return kept


def _summarize_lines(lines: list[Line]) -> Line:
    """Return one row: what all lines have in common, and the medians of what was measured."""
    facts = {key: lines[0][key] for key in ("instruction_set", "model", "contender", "batch_size")}
    keys = ("images_per_second", "wall", "cpu", "peak_mib")
    return {**facts, "runs": len(lines), **{key: statistics.median(line[key] for line in lines) for key in keys}}


def measure_growth(options: argparse.Namespace, before: Any) -> list[Line]:
    """Return the seconds per epoch of `cnn` for growing numbers of images, filters and images per batch."""
    cases = [{"images": images} for images in (15_000, 30_000, 60_000, 240_000)]
    cases += [{"filters": filters, "images": 15_000} for filters in (8, 16, 32, 64)]
    cases += [{"batch_sizes": size, "images": 15_000} for size in (50, 125, 250, 500, 1000)]
    rows = []
    for case in cases:
        words = [text for name, value in case.items() for text in (f"--{name.replace('_', '-')}", value)]
        line = run_script("contenders.py", "engine", "cnn", *words)[-1]
        rows.append({**case, "wall": line["wall"], "images_per_second": line["images_per_second"]})
        print(json.dumps(rows[-1]), flush=True)
    return rows


def measure_accuracy99(options: argparse.Namespace, before: Any) -> dict[str, list[Line]]:
    """Return the training seconds to 99% test accuracy of `fast_cnn` (ten seeds) and the Keras website's convnet."""
    found: dict[str, list[Line]] = {"keras_site": [], "fast_cnn": []}
    for seed in range(10):
        if seed % 4 == 0:
            found["keras_site"].append(run_script("keras_site.py")[-1])
            print(json.dumps(found["keras_site"][-1]), flush=True)
        found["fast_cnn"].append(run_script("fast_cnn.py", "--seed", seed)[-1])
        print(json.dumps(found["fast_cnn"][-1]), flush=True)
    return found


def measure_start(options: argparse.Namespace, before: Any) -> dict[str, float]:
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


def describe_machine(peers: str) -> dict[str, Any]:
    """Return what the speeds depend on: the processor, its instruction sets, and the versions."""
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.devices.processor import cpu_flags, name_cpu, name_widest

    code = "from importlib.metadata import version; import sys; print(version(sys.argv[1]))"
    versions = {name: version(name) for name in ("keras", "tensorflow", "numpy")}
    for name in ("torch", "jax"):
        found = subprocess.run([peers, "-c", code, name], capture_output=True, text=True, check=False)
        versions |= {name: found.stdout.strip()} if found.returncode == 0 else {}
    return {
        "processor": name_cpu(),
        "cores": available_cores(),
        "instructions": name_widest(cpu_flags()),
        "flags": sorted(flag for flag in cpu_flags() if flag.startswith(("avx", "amx", "fma"))),
        "system": f"{platform.system()} {platform.release()}",
        "versions": versions,
    }


MEASUREMENTS = {
    "contenders": measure_contenders,
    "accuracy99": measure_accuracy99,
    "growth": measure_growth,
    "start": measure_start,
}


def split(text: str) -> list[str]:
    """Return the words of a list with commas."""
    return text.split(",")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=split, default=list(MEASUREMENTS))
    parser.add_argument("--models", type=split, default=list(IMAGES))
    parser.add_argument("--instruction-sets", type=split, default=["avx2", "auto"])
    parser.add_argument("--peers", default=os.environ.get("KCNN_PEERS_PYTHON", sys.executable))
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for measurement in arguments.only:
        results[measurement] = MEASUREMENTS[measurement](arguments, results.get(measurement, {}))
        results.setdefault("machines", {})[measurement] = describe_machine(arguments.peers)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
