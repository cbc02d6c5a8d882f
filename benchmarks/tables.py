"""The tables of docs/performance.md, made from benchmarks/speed.json: `make docs`."""

import json
import statistics
from pathlib import Path
from typing import Any

# Multiply-adds of an image in one forward pass, and the part of it in the first layer, whose input needs no gradient.
MULTIPLY_ADDS = {"mlp": (406_528, 401_408), "cnn": (2_968_704, 194_688), "deep_cnn": (3_249_280, 194_688)}


def make_table() -> str:
    """Return all tables as Markdown, each under a line that says what it is."""
    results = json.loads(Path(__file__).with_name("speed.json").read_text())
    tables = (
        _compare_contenders(results),
        _compare_accuracy99(results["accuracy99"]),
        _tell_growth(results["growth"]),
        _tell_start(results["start"]),
    )
    return "\n\n".join(tables) + "\n"


def _compare_contenders(results: dict[str, Any]) -> str:
    rates = results["limit"]
    lines = [
        "| model | contender | images/s | CPU seconds an epoch | peak MiB | engine is faster by | share of the limit |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for model, (all_layers, first_layer) in MULTIPLY_ADDS.items():
        rows = {row["contender"]: row for row in results["contenders"] if row["model"] == model}
        operations = 2 * (3 * all_layers - first_layer)
        for name, row in rows.items():
            precision = "bfloat16" if name in ("engine", "pytorch_bf16") else "float32"
            share = row["images_per_second"] * operations / (rates[precision] * 1e9)
            faster = (
                "" if name == "engine" else f"{rows['engine']['images_per_second'] / row['images_per_second']:.2f}x"
            )
            lines.append(
                f"| {model} | {name} | {row['images_per_second']:,.0f} | {row['cpu']:.1f} | {row['peak_mib']:,.0f} "
                f"| {faster} | {share:.0%} of {precision} |"
            )
    rounds = results["contenders"][0]["rounds"]
    return (
        "\n".join(
            [
                *lines,
                "",
                f"Medians of {rounds} interleaved rounds, the second epoch of 60,000 images; large matrix products ",
            ]
        )
        + f"run at {rates['float32']:,.0f} GFLOP/s in float32 and {rates['bfloat16']:,.0f} in bfloat16."
    )


def _compare_accuracy99(results: dict[str, Any]) -> str:
    site, fast = results["keras_site"], results["fast_cnn"]
    accuracies = [run["test_accuracy"] for run in fast]
    seconds = statistics.median(run["fit_seconds"] for run in fast)
    return "\n".join(
        [
            "| to 99 % on the test images | epochs | fit seconds | test accuracy |",
            "|---|---:|---:|---|",
            f"| the Keras site's convnet, `model.fit` | {site['epoch']} | {site['fit_seconds']:.1f} "
            f"| {site['test_accuracy']:.2%} |",
            f"| `fast_cnn`, {len(fast)} seeds, last epoch | 3 | {seconds:.1f} "
            f"| {statistics.mean(accuracies):.2%} ({min(accuracies):.2%} to {max(accuracies):.2%}) |",
            "",
            f"`fast_cnn` takes 1/{site['fit_seconds'] / seconds:.1f} of the time.",
        ]
    )


def _tell_growth(rows: list[dict[str, Any]]) -> str:
    lines = ["| `cnn` with | seconds an epoch | images/s |", "|---|---:|---:|"]
    for row in rows:
        case = ", ".join(
            f"{value:,} images" if name == "images" else f"{name.replace('_', ' ')} {value}"
            for name, value in row.items()
            if name not in ("wall", "images_per_second")
        )
        lines.append(f"| {case} | {row['wall']:.2f} | {row['images_per_second']:,} |")
    return "\n".join(lines)


def _tell_start(values: dict[str, float]) -> str:
    lines = ["| from typing to | seconds |", "|---|---:|"]
    lines += [f"| {name} | {value:.2f} |" for name, value in values.items() if not name.startswith("peak")]
    peaks = [
        f"`{name.removeprefix('peak_mib of ')}` peaks at {value:,} MiB."
        for name, value in values.items()
        if name.startswith("peak")
    ]
    return "\n".join([*lines, "", *peaks])
