"""The tables of docs/performance.md, made from benchmarks/results.json by `make docs`."""

import json
import statistics
from pathlib import Path
from typing import Any

# Multiply-adds of one image in a forward pass, and those in the first layer, whose input needs no gradient.
MULTIPLY_ADDS = {"mlp": (406_528, 401_408), "cnn": (2_968_704, 194_688), "deep_cnn": (3_249_280, 194_688)}


INSTRUCTION_SETS = {"avx2": "AVX2, float32", "auto": "all, `auto`"}
RECIPE_BATCH = 500
Row = dict[str, Any]


def make_table(which: str = "all") -> str:
    """Return `all` tables as Markdown, their `summary`, the log of `changes`, or the `sentence` for README."""
    if which == "changes":
        return _tabulate_changes(json.loads(Path(__file__).with_name("changes.json").read_text()))
    results = json.loads(Path(__file__).with_name("results.json").read_text())
    if which == "sentence":
        return _write_sentence(results["contenders"])
    if which == "summary":
        return _summarize(results)
    tables = (
        f"{_compare_contenders(results['contenders'])} {_name_machine(results, 'contenders')}",
        f"{_compare_accuracy99(results['accuracy99'])} {_name_machine(results, 'accuracy99')}",
        f"{_tabulate_growth(results['growth'])}\n\n{_name_machine(results, 'growth')}",
        f"{_tabulate_start(results['start'])} {_name_machine(results, 'start')}",
    )
    return "\n\n".join(tables) + "\n"


def _name_machine(results: dict[str, Any], measurement: str) -> str:
    """Return the sentence that says on which processor and with which versions the speeds were measured."""
    machine = results.get("machines", {}).get(measurement)
    if not machine:
        return "The processor was not recorded."
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"Measured on {machine['cores']} cores of {machine['processor']} with {machine['instructions']} "
        f"({machine['system']}; {versions})."
    )


def _list_groups(measured: dict[str, Any]) -> list[tuple[str, str, list[Row]]]:
    """Return the instruction set, the model and the rows of each comparison that was made."""
    groups = []
    for instruction_set in INSTRUCTION_SETS:
        for model in MULTIPLY_ADDS:
            wanted = (instruction_set, model)
            rows = [row for row in measured["rows"] if (row["instruction_set"], row["model"]) == wanted]
            groups += [(instruction_set, model, rows)] if rows else []
    return groups


def _find_ratios(rows: list[Row], prefixes: tuple[str, ...], sizes: tuple[int, ...] = (128, 500)) -> list[float]:
    """Return, for each batch size, how many times as fast the engine is as the fastest of the other contenders."""
    ratios = []
    for size in sizes:
        rates = {row["contender"]: row["images_per_second"] for row in rows if row["batch_size"] == size}
        others = [rate for name, rate in rates.items() if name.startswith(prefixes)]
        if "engine" in rates and others:
            ratios.append(rates["engine"] / max(others))
    return ratios


def _find_usual_ratio(rows: list[Row]) -> float:
    """Return how many times as fast the engine is with the recipe's batch as plain `fit` with batches of 128."""
    rates = {(row["contender"], row["batch_size"]): row["images_per_second"] for row in rows}
    return rates["engine", RECIPE_BATCH] / rates["keras_fit", 128]


def _write_range(ratios: list[float]) -> str:
    """Return the least and the most favorable ratio as text."""
    least, most = f"{min(ratios):.1f}", f"{max(ratios):.1f}"
    return least if least == most else f"{least} to {most}"


def _write_sentence(measured: dict[str, Any]) -> str:
    """Return how the engine compares over all instruction sets, models and batch sizes, at worst and at best."""
    groups = _list_groups(measured)
    fit = [ratio for *_, rows in groups for ratio in [*_find_ratios(rows, ("keras_fit",)), _find_usual_ratio(rows)]]
    torch = [ratio for *_, rows in groups for ratio in _find_ratios(rows, ("pytorch",))]
    peers = f", and {_write_range(torch)} times as fast as PyTorch at its best" if torch else ""
    return f"Training is {_write_range(fit)} times as fast as `model.fit`{peers}.\n"


def _summarize(results: dict[str, Any]) -> str:
    measured = results["contenders"]
    lines = [
        "| instructions | recipe | images/s | `fit`, batch 128 | `fit`, same batch | PyTorch, same batch "
        "| share of the limit |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for instruction_set, model, rows in _list_groups(measured):
        engine = next(row for row in rows if (row["contender"], row["batch_size"]) == ("engine", RECIPE_BATCH))
        same, torch = _find_ratios(rows, ("keras_fit",)), _find_ratios(rows, ("pytorch",))
        lines.append(
            f"| {INSTRUCTION_SETS[instruction_set]} | `{model}` | {engine['images_per_second']:,.0f} "
            f"| {_find_usual_ratio(rows):.1f} | {_write_range(same) if same else ''} "
            f"| {_write_range(torch) if torch else ''} | {_share(measured, engine):.0%} |"
        )
    site, fast = _median_seconds(results["accuracy99"])
    return "\n".join(
        [
            *lines,
            "",
            f"To classify 99% of MNIST's test images correctly, `fast_cnn` trains for {fast:.1f} s, the convnet of the "
            f"Keras website for {site:.0f} s. {_name_machine(results, 'contenders')}",
            "",
        ]
    )


def _median_seconds(results: dict[str, Any]) -> tuple[float, float]:
    """Return the training seconds to 99% test accuracy: of the Keras website's convnet, and of `fast_cnn`."""
    fast = statistics.median(run["fit_seconds"] for run in results["fast_cnn"])
    return statistics.median(run["fit_seconds"] for run in results["keras_site"]), fast


def _share(measured: dict[str, Any], row: Row) -> float:
    """Return the multiply-adds per second as a share of those in large matrix products."""
    all_layers, first_layer = MULTIPLY_ADDS[row["model"]]
    limit = measured["limit"][row["instruction_set"]][_precision(measured, row)]
    return row["images_per_second"] * 2 * (3 * all_layers - first_layer) / (limit * 1e9)


def _precision(measured: dict[str, Any], row: Row) -> str:
    """Return the precision that a contender computed in. The engine takes what the processor is fast in."""
    low = "bf16" in row["contender"]
    if row["contender"] == "engine":
        low = "bfloat16" in measured["limit"][row["instruction_set"]]
    return "bfloat16" if low else "float32"


def _compare_contenders(measured: dict[str, Any]) -> str:
    lines = [
        "| instructions | model | contender | batch | images/s | CPU seconds | peak MiB | engine's speedup "
        "| share of the limit |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for instruction_set, model, rows in _list_groups(measured):
        engine = {row["batch_size"]: row["images_per_second"] for row in rows if row["contender"] == "engine"}
        for row in sorted(rows, key=lambda row: row["batch_size"]):
            own = row["contender"] == "engine" or row["batch_size"] not in engine
            faster = "" if own else f"{engine[row['batch_size']] / row['images_per_second']:.2f}x"
            once = " *" if row.get("runs") == 1 and measured["rounds"] > 1 else ""
            lines.append(
                f"| {INSTRUCTION_SETS[instruction_set]} | {model} | {row['contender']}{once} | {row['batch_size']} "
                f"| {row['images_per_second']:,.0f} | {row['cpu']:.1f} | {row['peak_mib']:,.0f} | {faster} "
                f"| {_share(measured, row):.0%} of {_precision(measured, row)} |"
            )
    limits = "; ".join(
        f"with {INSTRUCTION_SETS[name].split(',')[0]} instructions "
        + ", ".join(f"{rate:,.0f} GFLOP/s in {precision}" for precision, rate in rates.items())
        for name, rates in measured["limit"].items()
    )
    explanation = (
        f"Medians of {measured['rounds']} interleaved rounds, in the second epoch of 16,000 images (`mlp`: 64,000). "
        "The speedup compares equal batches. A contender with * was clearly slower than another of its framework and "
        f"took part in the first round alone. Speed of large matrix products: {limits}."
    )
    return "\n".join([*lines, "", explanation])


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
            "The convnet stops at the first epoch in which its test accuracy reaches 99%, which favors it. "
            f"Comparing the medians, `fast_cnn` is {slow_seconds / seconds:.1f} times as fast.",
        ]
    )


def _tabulate_growth(rows: list[dict[str, Any]]) -> str:
    lines = ["| `cnn` with | seconds per epoch | images/s |", "|---|---:|---:|"]
    for row in rows:
        case = ", ".join(
            f"{value:,} images" if name == "images" else f"{name.removesuffix('_sizes')} {value}"
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


def _tabulate_changes(log: dict[str, Any]) -> str:
    """Return one row per change and model, with its gain."""
    lines = ["| change | instructions | model | images/s before | after | gain |", "|---|---|---|---:|---:|---:|"]
    for change in log["adopted"]:
        for model, after in change["after"].items():
            before = change["before"][model]
            lines.append(
                f"| {change['change']} | {change['instructions']} | `{model}` | {before:,} | {after:,} "
                f"| {after / before - 1:.0%} |"
            )
    return "\n".join([*lines, "", f"Measured on {log['tried on']}.", ""])
