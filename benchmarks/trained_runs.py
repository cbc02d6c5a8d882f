"""Measure how far the probabilities of trained runs can be trusted, and what int8 changes.

usage: python benchmarks/trained_runs.py runs/softmax-001 runs/cnn-001 ...

Each run is evaluated on its own test images, and exported in int8 to a temporary folder. Results are added to
benchmarks/trained_runs.json, from which `make docs` makes two tables.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_suffix(".json")
INT8 = {"litert": "net.tflite", "onnx": "net.onnx"}


def measure(paths: list[Path]) -> None:
    """Measure each run, and write the results after each."""
    known = json.loads(RESULTS.read_text())["runs"] if RESULTS.exists() else []
    for path in paths:
        measured = measure_run(path)
        same = ("recipe", "data_set", "seed")
        known = [one for one in known if any(one[name] != measured[name] for name in same)]
        known.append(measured)
        RESULTS.write_text(json.dumps({"runs": known}, indent=1) + "\n")
        print(json.dumps(measured), flush=True)


def measure_run(path: Path) -> dict[str, Any]:
    """Return the reliability of a run, and its exports in int8."""
    import keras_cnn_course as kcnn

    run = kcnn.open_run(path)
    evaluation, record = run.evaluate(), run.record
    reliability = evaluation.reliability
    exports = {}
    with tempfile.TemporaryDirectory() as folder:
        float32 = run.export("litert", out=Path(folder, "float.tflite"))
        for name, file in INT8.items():
            exported = run.export(name, quantize="int8", out=Path(folder, file))
            exports[name] = {"bytes": exported.bytes, **dataclasses.asdict(exported.quantization)}
    scores = {
        when: {key: getattr(one, key) for key in ("ece", "ece_interval", "nll", "brier")}
        for when, one in (("before", reliability.before), ("after", reliability.after))
        if one is not None
    }
    return {
        "recipe": record.recipe,
        "data_set": record.dataset,
        "seed": record.seed,
        "epochs": run.metrics["epochs"],
        "validation_examples": record.val_examples,
        "test_examples": evaluation.examples,
        "temperature": reliability.temperature,
        **scores,
        "float32_bytes": float32.bytes,
        "int8": exports,
    }


def make_table(kind: str) -> str:
    """Return the table called `reliability` or `int8` as Markdown."""
    runs = json.loads(RESULTS.read_text())["runs"]
    return _list_reliability(runs) if kind == "reliability" else _list_int8(runs)


def _list_reliability(runs: list[dict[str, Any]]) -> str:
    rows = [
        "| recipe | data set | temperature | ECE (95% interval) | ECE scaled | NLL before and after "
        "| Brier score before and after |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for run in runs:
        before, after = run["before"], run.get("after")
        low, high = before["ece_interval"]
        scores = [f"{before[name]:.4f}" + (f" and {after[name]:.4f}" if after else "") for name in ("nll", "brier")]
        temperature, scaled = (f"{run['temperature']:.3f}", f"{after['ece']:.2%}") if after else ("none fits", "-")
        ece = f"{before['ece']:.2%} ({low:.2%} to {high:.2%})"
        cells = (f"`{run['recipe']}`", run["data_set"], temperature, ece, scaled, *scores)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _list_int8(runs: list[dict[str, Any]]) -> str:
    rows = ["| recipe | data set | format | float32 | int8 | accuracy before | after | same class | arena |"]
    rows.append("|---|---|---|---:|---:|---:|---:|---:|---:|")
    for run in runs:
        for name, one in run["int8"].items():
            needs = one["microcontroller"]
            arena = f"{needs['arena_bytes']:,}" if needs else "-"
            sizes = f"{run['float32_bytes']:,}" if name == "litert" else "-", f"{one['bytes']:,}"
            shares = (f"{one[key]:.2%}" for key in ("accuracy_before", "accuracy_after", "same_answers"))
            cells = (f"`{run['recipe']}`", run["data_set"], name, *sizes, *shares, arena)
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    measure(parser.parse_args().runs)
