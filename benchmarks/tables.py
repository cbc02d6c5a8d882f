"""The tables of docs/performance.md, made from benchmarks/results.json by `make docs`."""

import json
import statistics
from pathlib import Path
from typing import Any

# Multiply-adds of one image in a forward pass, and those in the first layer, whose input needs no gradient.
MULTIPLY_ADDS = {"mlp": (406_528, 401_408), "cnn": (2_968_704, 194_688), "deep_cnn": (3_249_280, 194_688)}
RECIPE_BATCH = 500
Row = dict[str, Any]


def make_table(which: str = "all") -> str:
    """Return `all` tables as Markdown, their `summary`, the log of `changes`, or the `sentence` for README."""
    if which == "changes":
        return _tabulate_changes(json.loads(Path(__file__).with_name("changes.json").read_text()))
    results = _read_results()
    if which == "sentence":
        return _write_sentence(results["contenders"])
    if which == "summary":
        return _summarize(results)
    tables = (
        f"{_compare_contenders(results['contenders'])} {_name_machine(results, 'contenders')}",
        f"{_compare_accuracy99(results['accuracy99'])} {_name_machine(results, 'accuracy99')}",
        f"{_tabulate_growth(results['growth']['rows'])}\n\n{_name_machine(results, 'growth')}",
        f"{_tabulate_start(results['start'])} {_name_machine(results, 'start')}",
    )
    return "\n\n".join(tables) + "\n"


def _read_results() -> dict[str, Any]:
    """Return the results with medians, and with the instruction sets named as the tables show them, AVX2 first."""
    results = json.loads(Path(__file__).with_name("results.json").read_text())
    widest = results["machines"]["contenders"]["instructions"].upper().replace("_", "-")
    labels = {"avx2": "AVX2, float32", "auto": f"{widest}, `auto`"}
    measured = results["contenders"] = _take_medians(results["contenders"])
    for row in [*measured["rows"], *measured["failed"]]:
        row["instruction_set"] = labels[row["instruction_set"]]
    for holder, part in ((measured, "limit"), (results["accuracy99"], "seconds"), (results, "start")):
        holder[part] = {label: holder[part][name] for name, label in labels.items() if name in holder[part]}
    return results


def _take_medians(measured: dict[str, Any]) -> dict[str, Any]:
    """Return the medians over all turns of what was measured, and the number of turns."""
    rows = [
        {name: statistics.median(value) if isinstance(value, list) else value for name, value in row.items()}
        | {"turns": len(row["images_per_second"])}
        for row in measured["rows"]
    ]
    limits = {
        name: {precision: statistics.median(rate) for precision, rate in rates.items()}
        for name, rates in measured["limit"].items()
    }
    return {**measured, "rows": rows, "limit": limits}


def _name_machine(results: dict[str, Any], measurement: str) -> str:
    """Return the sentence that says on which processor and with which versions the speeds were measured."""
    machine = results.get("machines", {}).get(measurement)
    if not machine:
        return (
            "The processor was not recorded; it was faster than the one above. Compare only these rows with each other."
        )
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"Measured on {machine['cores']} cores of {machine['processor']} with {machine['instructions']} "
        f"({machine['system']}; {versions})."
    )


def _write_with(instruction_set: str) -> str:
    return f"with {instruction_set.split(',')[0]}"


def _list_groups(measured: dict[str, Any]) -> list[tuple[str, str, list[Row]]]:
    """Return the instruction set, the model and the rows of each comparison that was made."""
    groups = []
    for instruction_set in measured["limit"]:
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
    best = "PyTorch at its best" + (
        "" if any("compiled" in row["contender"] for row in measured["rows"]) else " without `torch.compile`"
    )
    peers = f" and {_write_range(torch)} times as fast as {best}" if torch else ""
    sets = " and ".join(_write_with(name) for name in measured["limit"])
    *models, last = (f"`{model}`" for model in dict.fromkeys(model for _, model, _ in groups))
    trained = f"{', '.join(models)} and {last}" if models else last
    return f"Training {trained} is {_write_range(fit)} times as fast as `model.fit`{peers}, {sets}.\n"


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
            f"| {instruction_set} | `{model}` | {engine['images_per_second']:,.0f} "
            f"| {_find_usual_ratio(rows):.1f} | {_write_range(same) if same else ''} "
            f"| {_write_range(torch) if torch else ''} | {_share(measured, engine):.0%} |"
        )
    reached = " ".join(
        f"To classify 99% of MNIST's test images correctly {_write_with(name)}, `fast_cnn` trains for {fast:.1f} s and "
        f"the convnet of the Keras website for {site:.0f} s."
        for name, (site, fast) in _median_seconds(results["accuracy99"]).items()
    )
    return "\n".join([*lines, "", f"{reached} {_name_machine(results, 'contenders')}", ""])


def _median_seconds(results: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Return the training seconds to 99% test accuracy of the Keras website's convnet and of `fast_cnn`."""
    epochs = statistics.median(run["epoch"] for run in results["trainings"])
    return {
        name: (epochs * statistics.median(found["keras_site"]), statistics.median(found["fast_cnn"]))
        for name, found in results["seconds"].items()
    }


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
        "| instructions | model | contender | batch | turns | images/s | CPU seconds | peak MiB | engine's speedup "
        "| share of the limit |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for instruction_set, model, rows in _list_groups(measured):
        engine = {row["batch_size"]: row["images_per_second"] for row in rows if row["contender"] == "engine"}
        for row in sorted(rows, key=lambda row: row["batch_size"]):
            own = row["contender"] == "engine" or row["batch_size"] not in engine
            faster = "" if own else f"{engine[row['batch_size']] / row['images_per_second']:.2f}x"
            lines.append(
                f"| {instruction_set} | {model} | {row['contender']} | {row['batch_size']} | {row['turns']} "
                f"| {row['images_per_second']:,.0f} | {row['cpu']:.1f} | {row['peak_mib']:,.0f} | {faster} "
                f"| {_share(measured, row):.0%} of {_precision(measured, row)} |"
            )
    limits = "; ".join(
        f"{_write_with(name)} " + ", ".join(f"{rate:,.0f} GFLOP/s in {precision}" for precision, rate in rates.items())
        for name, rates in measured["limit"].items()
    )
    explanation = (
        "The contenders took turns, and the numbers are medians, in the second epoch of 8,000 images (`mlp`: 32,000). "
        "A contender that was clearly slower than another of its framework took one turn only. The speedup compares "
        f"equal batches. Speed of large matrix products: {limits}."
    )
    failed = [
        f"{line['contender']} on {line['model']} {_write_with(line['instruction_set'])}" for line in measured["failed"]
    ]
    if failed:
        explanation += f" Ended with an error of its own: {'; '.join(failed)}."
    return "\n".join([*lines, "", explanation])


def _compare_accuracy99(results: dict[str, Any]) -> str:
    accuracies = [run["test_accuracy"] for run in results["seeds"]]
    reached = ", ".join(f"{run['test_accuracy']:.2%}" for run in results["trainings"])
    epochs = ", ".join(str(run["epoch"]) for run in results["trainings"])
    seconds = _median_seconds(results)
    columns = " | ".join(f"seconds, {name}" for name in seconds)
    lines = [
        f"| to reach 99% test accuracy | epochs | test accuracy | {columns} |",
        f"|---|---:|---|{'---:|' * len(seconds)}",
        f"| convnet of the Keras website, `model.fit` | {epochs} | {reached} "
        f"| {' | '.join(f'{slow:.1f}' for slow, _ in seconds.values())} |",
        f"| `fast_cnn`, {len(accuracies)} seeds, last epoch | {results['seeds'][0]['epochs']} "
        f"| {statistics.mean(accuracies):.2%} ({min(accuracies):.2%} to {max(accuracies):.2%}) "
        f"| {' | '.join(f'{fast:.1f}' for _, fast in seconds.values())} |",
    ]
    ratios = " and ".join(
        f"{slow / fast:.1f} times as fast {_write_with(name)}" for name, (slow, fast) in seconds.items()
    )
    explanation = (
        "The convnet stops at the first epoch in which its test accuracy reaches 99%, which favors it. Its seconds are "
        f"its epochs times those of one epoch. Comparing medians, `fast_cnn` is {ratios}."
    )
    return "\n".join([*lines, "", explanation])


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


def _tabulate_start(values: dict[str, dict[str, float]]) -> str:
    lines = [
        f"| time from the command to | {' | '.join(f'seconds, {name}' for name in values)} |",
        f"|---|{'---:|' * len(values)}",
    ]
    for what in next(iter(values.values())):
        if not what.startswith("peak"):
            lines.append(f"| {what} | {' | '.join(f'{times[what]:.2f}' for times in values.values())} |")
    peaks = [
        f"`{what.removeprefix('peak_mib of ')}` peaks at {value:,} MiB {_write_with(name)}."
        for name, times in values.items()
        for what, value in times.items()
        if what.startswith("peak")
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
