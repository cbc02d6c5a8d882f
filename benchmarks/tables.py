"""The tables of docs/performance.md, made from benchmarks/results.json by `make docs`."""

import json
import statistics
from pathlib import Path
from typing import Any

# Multiply-adds of one image in a forward pass, and those in the first layer, whose input needs no gradient.
MULTIPLY_ADDS = {"mlp": (406_528, 401_408), "cnn": (2_968_704, 194_688), "deep_cnn": (3_249_280, 194_688)}


def make_table(which: str = "all") -> str:
    """Return `all` tables as Markdown, or their `summary`."""
    results = json.loads(Path(__file__).with_name("results.json").read_text())
    if which == "summary":
        return _summarize(results)
    tables = (
        f"{_compare_contenders(results['contenders'])} {_name_processor(results, 'contenders')}",
        f"{_compare_accuracy99(results['accuracy99'])} {_name_processor(results, 'accuracy99')}",
        f"{_tabulate_growth(results['growth'])}\n\n{_name_processor(results, 'growth')}",
        _tabulate_start(results["start"]),
    )
    return "\n\n".join(tables) + "\n"


def _name_processor(results: dict[str, Any], measurement: str) -> str:
    """Return the sentence that says on which processor the speeds were measured."""
    processor = results.get("processors", {}).get(measurement)
    return f"Measured on {processor}." if processor else "The processor was not recorded."


def _summarize(results: dict[str, Any]) -> str:
    measured = results["contenders"]
    lines = [
        "| recipe | images/s | speedup over `model.fit` | speedup over PyTorch | share of the limit |",
        "|---|---:|---:|---:|---:|",
    ]
    for model in MULTIPLY_ADDS:
        rates = {row["contender"]: row["images_per_second"] for row in measured["rows"] if row["model"] == model}
        best = max((rate for name, rate in rates.items() if name.startswith("pytorch")), default=None)
        times = f"{rates['engine'] / best:.1f}" if best else ""
        lines.append(
            f"| `{model}` | {rates['engine']:,.0f} | {rates['engine'] / rates['keras_fit']:.1f} "
            f"| {times} | {_share(measured, model, 'engine'):.0%} |"
        )
    site, fast = _median_seconds(results["accuracy99"])
    return "\n".join(
        [
            *lines,
            "",
            f"To classify 99% of MNIST's test images correctly, `fast_cnn` trains for {fast:.1f} s, the convnet of the "
            f"Keras website for {site:.0f} s. {_name_processor(results, 'contenders')}",
            "",
        ]
    )


def _median_seconds(results: dict[str, Any]) -> tuple[float, float]:
    """Return the training seconds to 99% test accuracy: of the Keras website's convnet, and of `fast_cnn`."""
    fast = statistics.median(run["fit_seconds"] for run in results["fast_cnn"])
    return statistics.median(run["fit_seconds"] for run in results["keras_site"]), fast


def _share(measured: dict[str, Any], model: str, contender: str) -> float:
    """Return the multiply-adds per second as a share of those in large matrix products."""
    all_layers, first_layer = MULTIPLY_ADDS[model]
    rate = next(
        row["images_per_second"] for row in measured["rows"] if (row["model"], row["contender"]) == (model, contender)
    )
    return rate * 2 * (3 * all_layers - first_layer) / (measured["limit"][_precision(contender)] * 1e9)


def _precision(contender: str) -> str:
    return "bfloat16" if contender in ("engine", "pytorch_bf16") else "float32"


def _compare_contenders(measured: dict[str, Any]) -> str:
    rates = measured["limit"]
    lines = [
        "| model | contender | images/s | CPU seconds per epoch | peak MiB | engine's speedup | share of the limit |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for model in MULTIPLY_ADDS:
        rows = {row["contender"]: row for row in measured["rows"] if row["model"] == model}
        for name, row in rows.items():
            faster = (
                "" if name == "engine" else f"{rows['engine']['images_per_second'] / row['images_per_second']:.2f}x"
            )
            lines.append(
                f"| {model} | {name} | {row['images_per_second']:,.0f} | {row['cpu']:.1f} | {row['peak_mib']:,.0f} "
                f"| {faster} | {_share(measured, model, name):.0%} of {_precision(name)} |"
            )
    return (
        "\n".join(
            [
                *lines,
                "",
                f"Medians of {measured['rounds']} interleaved rounds, in the second epoch of 60,000 images. ",
            ]
        )
        + f"Large matrix products run at {rates['float32']:,.0f} GFLOP/s in float32 "
        + f"and {rates['bfloat16']:,.0f} in bfloat16."
    )


def _compare_accuracy99(results: dict[str, Any]) -> str:
    site, fast = results["keras_site"], results["fast_cnn"]
    accuracies = [run["test_accuracy"] for run in fast]
    slow_seconds, seconds = _median_seconds(results)
    epochs = ", ".join(str(run["epoch"]) for run in site)
    reached = ", ".join(f"{run['test_accuracy']:.2%}" for run in site)
    return "\n".join(
        [
            "| to reach 99% test accuracy | epochs | training seconds | test accuracy |",
            "|---|---:|---:|---|",
            f"| convnet of the Keras website, `model.fit` | {epochs} | {slow_seconds:.1f} | {reached} |",
            f"| `fast_cnn`, {len(fast)} seeds, last epoch | {fast[0]['epochs']} | {seconds:.1f} "
            f"| {statistics.mean(accuracies):.2%} ({min(accuracies):.2%} to {max(accuracies):.2%}) |",
            "",
            f"Comparing the medians, `fast_cnn` is {slow_seconds / seconds:.1f} times as fast.",
        ]
    )


def _tabulate_growth(rows: list[dict[str, Any]]) -> str:
    lines = ["| `cnn` with | seconds per epoch | images/s |", "|---|---:|---:|"]
    for row in rows:
        case = ", ".join(
            f"{value:,} images" if name == "images" else f"{name.replace('_', ' ')} {value}"
            for name, value in row.items()
            if name not in ("wall", "images_per_second")
        )
        lines.append(f"| {case} | {row['wall']:.2f} | {row['images_per_second']:,} |")
    return "\n".join(lines)


def _tabulate_start(values: dict[str, float]) -> str:
    lines = ["| time from the command to | seconds |", "|---|---:|"]
    lines += [f"| {name} | {value:.2f} |" for name, value in values.items() if not name.startswith("peak")]
    peaks = [
        f"`{name.removeprefix('peak_mib of ')}` peaks at {value:,} MiB."
        for name, value in values.items()
        if name.startswith("peak")
    ]
    return "\n".join([*lines, "", *peaks])
