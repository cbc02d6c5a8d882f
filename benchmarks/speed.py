"""Measure how fast the lecture's models train, side by side with Keras and PyTorch at their best: `make bench`.

usage: python benchmarks/speed.py [--rounds 3] [--only contenders,accuracy99,growth,start] [--models mlp,cnn,deep_cnn]
                                  [--instruction-sets avx2,auto] [--peers PYTHON] [--seconds S] [--resume]

Needs MNIST in KCNN_DATA_HOME. Contenders take turns, so that changes in the machine's speed affect all alike, and the
tables show medians. A contender that is clearly slower than another of its framework takes part in the first round
alone. On a processor with AVX-512 all are measured twice: with every library limited to AVX2, and with what `auto`
takes.

Every number is added to benchmarks/results.json as soon as it is measured, and tables.py makes the tables of the
documentation from them. A part that is not measured keeps its last results. To measure in pieces, set --seconds, which
ends the command after the turn in which they are over, and continue with --resume. Quote ratios from one machine:
single times mean little on a shared one.

PyTorch, and Keras on JAX, take part if the Python given by --peers or KCNN_PEERS_PYTHON has them: for example one of a
virtual environment made with `pip install torch jax keras numpy`. torch.compile takes part if g++ is installed.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
BATCH_SIZES = (128, 500)
# Each contender leaves out the last images that do not fill a batch, so that torch.compile compiles once per size.
IMAGES = {"mlp": 32_000, "cnn": 8_000, "deep_cnn": 8_000}
MEASURED = ("images_per_second", "cpu", "peak_mib")
# A contender that reaches at least this share of the best rate of its framework takes part in every round.
CLOSE = 0.9

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
    "keras": ("keras_fit", "keras_fit_onednn", "keras_jax"),
    "torch": ("pytorch", "pytorch_channels_last", "pytorch_compiled", "pytorch_bf16", "pytorch_bf16_compiled"),
}
Line = dict[str, Any]


class ScriptError(Exception):
    """A script of this folder failed; the message ends with its last words."""


def run_script(
    name: str, *arguments: object, python: str = sys.executable, environment: dict[str, str] | None = None
) -> list[Line]:
    """Run a script of this folder in a separate process and return the JSON lines that it prints."""
    command = [python, str(HERE / name), *map(str, arguments)]
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **(environment or {})}
    )
    if result.returncode:
        raise ScriptError(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def list_instruction_sets() -> dict[str, dict[str, str]]:
    """Return the instruction sets to measure with, and the environment that limits the libraries to each."""
    from keras_cnn_course.devices.processor import cpu_flags

    return {"avx2": AVX2, "auto": {}} if "avx512f" in cpu_flags() else {"avx2": {}}


def list_contenders(instruction_set: str, peers: str) -> list[str]:
    """Return the contenders that can take part, those of one framework next to each other."""

    def can_import(module: str) -> bool:
        return not subprocess.run([peers, "-c", f"import {module}"], capture_output=True, check=False).returncode

    names = [contender for members in FRAMEWORKS.values() for contender in members]
    if not can_import("jax"):
        names.remove("keras_jax")
    if not can_import("torch"):
        names = [name for name in names if name not in FRAMEWORKS["torch"]]
    if not shutil.which("g++"):
        names = [name for name in names if "compiled" not in name]
    if instruction_set == "avx2":
        return [name for name in names if "bf16" not in name]
    return [name for name in names if name != "keras_fit_onednn"]


def measure_contenders(options: argparse.Namespace, found: Line) -> Iterator[Line]:
    """Add each contender's second epoch, and the GFLOP/s of large matrix products, until all rounds are done."""
    sets = _choose_instruction_sets(options)
    groups = [(name, model) for model in options.models for name in sets]
    contenders = {name: list_contenders(name, options.peers) for name in sets}
    rows, limits, failed = (
        found.setdefault(name, kind()) for name, kind in (("rows", list), ("limit", dict), ("failed", list))
    )
    if not options.resume:
        for lines in (rows, failed):
            lines[:] = [line for line in lines if (line["instruction_set"], line["model"]) not in groups]
        limits.update({name: {} for name in sets})
    for turn in range(options.rounds):
        for name, environment in sets.items():
            rates = limits.setdefault(name, {})
            if len(rates.get("float32", [])) <= turn:
                line = run_script("matrix_product.py", environment=environment)[-1]
                for precision, rate in line.items():
                    rates.setdefault(precision, []).append(rate)
                yield {"instruction_set": name, **line}
        for group in groups:
            own = [row for row in rows if (row["instruction_set"], row["model"]) == group]
            for contender in _list_fastest(own) if turn else contenders[group[0]]:
                facts = dict(zip(("instruction_set", "model", "contender"), (*group, contender), strict=True))
                done = max((len(row["images_per_second"]) for row in own if row["contender"] == contender), default=0)
                if done > turn or facts in failed:
                    continue
                try:
                    yield _add_turn(rows, facts, environment=sets[group[0]], peers=options.peers)
                except ScriptError as error:
                    print(error)
                    failed.append(facts)


def _choose_instruction_sets(options: argparse.Namespace) -> dict[str, dict[str, str]]:
    return {name: limit for name, limit in list_instruction_sets().items() if name in options.instruction_sets}


def _add_turn(rows: list[Line], facts: Line, *, environment: dict[str, str], peers: str) -> Line:
    """Train a contender with each batch size, add what its second epochs took, and return its images per second."""
    name, contender, model = facts["instruction_set"], facts["contender"], facts["model"]
    own = contender in ("engine", "keras_fit", "keras_fit_onednn")
    extra = ENVIRONMENTS.get((name, contender), {}) if own else KEEP_MEMORY
    sizes = ",".join(map(str, BATCH_SIZES))
    lines = run_script(
        "contenders.py", contender.removesuffix("_onednn"), model, "--batch-sizes", sizes, "--images", IMAGES[model],
        python=sys.executable if own else peers, environment={**environment, **extra},
    )  # fmt: skip
    second = [line for line in lines if line["epoch"] == 1]
    for line in second:
        wanted = {**facts, "batch_size": line["batch_size"]}
        row = next((row for row in rows if wanted.items() <= row.items()), None)
        if row is None:
            rows.append(row := {**wanted, **{measured: [] for measured in MEASURED}})
        for measured in MEASURED:
            row[measured].append(line[measured])
    return {**facts, **{line["batch_size"]: line["images_per_second"] for line in second}}


def _list_fastest(rows: list[Line]) -> list[str]:
    """Return plain `fit`, and who came close to the best of a framework in the first turn, with some batch size."""
    rates = {(row["contender"], row["batch_size"]): row["images_per_second"][0] for row in rows}
    present = list(dict.fromkeys(contender for contender, _ in rates))
    return [
        name
        for name in present
        if name == "keras_fit"
        or any(
            rates[name, size] >= CLOSE * max(rates[rival, size] for rival in present if rival in members)
            for members in FRAMEWORKS.values()
            if name in members
            for size in BATCH_SIZES
        )
    ]


def measure_growth(options: argparse.Namespace, found: Line) -> Iterator[Line]:
    """Add the seconds per epoch of `cnn` for growing numbers of images, filters and images per batch."""
    cases = [{"images": images} for images in (15_000, 30_000, 60_000, 240_000)]
    cases += [{"filters": filters, "images": 15_000} for filters in (8, 16, 32, 64)]
    cases += [{"batch_sizes": size, "images": 15_000} for size in (50, 125, 250, 500, 1000)]
    rows = found.setdefault("rows", [])
    if not options.resume:
        rows.clear()
    for case in cases[len(rows) :]:
        words = [text for name, value in case.items() for text in (f"--{name.replace('_', '-')}", value)]
        line = run_script("contenders.py", "engine", "cnn", *words)[-1]
        rows.append({**case, "wall": line["wall"], "images_per_second": line["images_per_second"]})
        yield rows[-1]


def measure_accuracy99(options: argparse.Namespace, found: Line) -> Iterator[Line]:
    """Add what `fast_cnn` and the Keras website's convnet need for 99% test accuracy: epochs, and seconds in turn.

    The convnet's seconds are those of its second epoch. Three trainings of it say how many epochs it needs, and ten of
    `fast_cnn` how accurate it is. These are not timed, so that a turn is short.
    """
    sets = _choose_instruction_sets(options)
    if not options.resume:
        found.clear()
    for turn in range(options.rounds):
        for name, environment in sets.items():
            seconds = found.setdefault("seconds", {}).setdefault(name, {"fast_cnn": [], "keras_site": []})
            if len(seconds["keras_site"]) <= turn:
                seconds["fast_cnn"] += [
                    line["fit_seconds"] for line in run_script("fast_cnn.py", "--seeds", 2, environment=environment)
                ]
                plain = {**environment, **ENVIRONMENTS.get((name, "keras_fit"), {})}
                first, second = run_script("keras_site.py", "--max-epochs", 2, environment=plain)
                seconds["keras_site"].append(round(second["fit_seconds"] - first["fit_seconds"], 2))
                yield {"instruction_set": name, **seconds}
    if "seeds" not in found:
        found["seeds"] = [
            {name: value for name, value in line.items() if name != "fit_seconds"} for line in run_script("fast_cnn.py")
        ]
        yield found["seeds"][-1]
    trainings = found.setdefault("trainings", [])
    while len(trainings) < 3:
        line = run_script("keras_site.py")[-1]
        trainings.append({name: line[name] for name in ("epoch", "test_accuracy")})
        yield trainings[-1]


def measure_start(options: argparse.Namespace, found: Line) -> Iterator[Line]:
    """Add the median start-up times, and the peak memory of a whole training on MNIST."""
    kcnn = [sys.executable, "-m", "keras_cnn_course"]
    train = [*kcnn, "train", "--recipe", "cnn", "--out"]
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import keras_cnn_course": [sys.executable, "-c", "import keras_cnn_course"],
        "kcnn --help": [*kcnn, "--help"],
        "import keras": [sys.executable, "-c", "import keras"],
    }
    for name, environment in _choose_instruction_sets(options).items():
        os.environ.update(environment)
        values = found.setdefault(name, {})
        if not options.resume:
            values.clear()
        for text, command in commands.items():
            values[text] = _median_seconds(command, 5)
        values["kcnn train --recipe cnn: to the end of the first epoch"] = statistics.median(
            _seconds_to_first_epoch([*train, f"{folder}/run"]) for folder in _fresh_folders(5)
        )
        values["peak_mib of kcnn train --recipe cnn --dataset mnist"] = _peak_memory(
            [*train, f"{_fresh_folders(1)[0]}/run", "--dataset", "mnist", "--epochs", "2", "--quiet"]
        )
        for variable in environment:
            del os.environ[variable]
        yield {"instruction_set": name, **values}


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
    versions = {name: version(name) for name in ("keras_cnn_course", "keras", "tensorflow", "numpy")}
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


def write_results(results: Line) -> None:
    """Write all results, with each list of numbers on one line."""
    text = json.dumps(results, indent=1)
    RESULTS.write_text(re.sub(r"\[([^][{}]*)\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n")


def measure(options: argparse.Namespace) -> None:
    """Measure the chosen parts, and write the results after every turn."""
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    machines, machine = results.setdefault("machines", {}), describe_machine(options.peers)
    began = time.monotonic()
    for measurement in options.only:
        if options.resume and machines.get(measurement, machine) != machine:
            raise SystemExit(
                f"The results for {measurement} are from another machine or from other versions. "
                "Measure again without --resume."
            )
        machines[measurement] = machine
        for line in MEASUREMENTS[measurement](options, results.setdefault(measurement, {})):
            print(json.dumps(line), flush=True)
            write_results(results)
            if time.monotonic() - began > options.seconds:
                print(f"Stopped after {options.seconds:g} seconds. Continue with --resume.")
                return
    print("All rounds are done.")


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
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    measure(arguments)
