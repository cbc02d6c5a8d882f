"""Measure the time of one training with N workers, and compare it with a model of two terms.

usage: python benchmarks/scaling.py [--rounds 3]

Workers are processes of this machine with one thread each, joined by MultiWorkerMirroredStrategy over loopback. For
each model three times are measured: a step of a single worker on a batch of B, B/2 and B/4 images; the exchange of as
many numbers as the model has gradients, between N workers that do nothing else; and the real training with N workers.
The third is predicted from the first two:

    seconds per step = step of one worker on B/N images, times workers per core + exchange between N workers

Needs MNIST in KCNN_DATA_HOME. Results go to benchmarks/scaling.json; `make docs` writes the tables of docs/scaling.md.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_suffix(".json")
MODELS, WORKERS, BATCH, STEPS, EXCHANGES = ("mlp", "deep_cnn", "cnn"), (1, 2, 4), 480, 24, 30
NETWORKS = {
    "1 Gbit/s Ethernet": (1e9, 50e-6),
    "10 Gbit/s Ethernet": (10e9, 30e-6),
    "100 Gbit/s InfiniBand": (1e11, 2e-6),
}


def work(model_name: str, batch_size: int) -> None:
    """Run one worker: print the seconds of a training step and of an exchange of the gradients as JSON."""
    from keras_cnn_course.devices import backend

    workers = len(json.loads(os.environ["TF_CONFIG"])["cluster"]["worker"]) if "TF_CONFIG" in os.environ else 1
    started = backend.start(device="cpu", threads=1, strategy="multiworker" if workers > 1 else "none")
    from contextlib import nullcontext

    import numpy as np
    from contenders import load_arrays

    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
    from keras_cnn_course.devices.precision import choose_precision
    from keras_cnn_course.training.engine import Engine

    strategy = started.distribution.strategy
    recipe = load_recipe(find_recipe(model_name))
    with strategy.scope() if strategy else nullcontext():
        model = build_compiled_model(recipe, recipe.hyperparameters, input_shape=(28, 28, 1), num_classes=10, seed=0)
    precision, _ = choose_precision("auto", "cpu")
    engine = Engine(model, batch_size=batch_size, precision=precision, tf_device=started.tf_device, strategy=strategy)
    arrays = load_arrays(batch_size * STEPS)
    engine.load(arrays["x_train"][..., None], arrays["y_train"])
    order = np.arange(batch_size * STEPS)
    engine.train(order)
    began = time.perf_counter()
    engine.train(order)
    step = (time.perf_counter() - began) / STEPS
    exchange = time_exchange(strategy, model.count_params()) if strategy else 0.0
    if started.distribution.is_chief:
        print(json.dumps({"step": step, "exchange": exchange, "parameters": model.count_params()}))


def time_exchange(strategy: Any, count: int) -> float:
    """Return the seconds of one sum of `count` float32 numbers over all workers."""
    import tensorflow as tf

    def exchange(values: tf.Tensor) -> tf.Tensor:
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(values)) / 2

    @tf.function(autograph=False)
    def repeat() -> tf.Tensor:
        def again(done: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return done + 1, strategy.run(exchange, args=(values,))

        return tf.while_loop(lambda done, _: done < EXCHANGES, again, (0, tf.ones(count)), parallel_iterations=1)[1][0]

    float(repeat())
    began = time.perf_counter()
    float(repeat())
    return (time.perf_counter() - began) / EXCHANGES


def run_workers(model: str, batch_size: int, workers: int) -> dict[str, float]:
    """Start the workers and return the JSON that the chief prints."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("", 0))) for _ in range(workers)]
        addresses = [f"localhost:{listening.getsockname()[1]}" for listening in sockets]
    started = []
    for index in range(workers):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, **({"TF_CONFIG": json.dumps(config)} if workers > 1 else {})}
        command = [sys.executable, __file__, "--worker", model, str(batch_size)]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    outputs = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"a worker of {workers} failed with {model}")
    return json.loads(outputs[0].splitlines()[-1])


def measure(rounds: int) -> None:
    """Measure all cases in turn, so that changes in the machine's speed affect all alike, and keep medians."""
    cases = [(model, BATCH // share, 1) for model in MODELS for share in WORKERS]
    cases += [(model, BATCH, workers) for model in MODELS for workers in WORKERS if workers > 1]
    found: dict[tuple[str, int, int], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for case in cases:
            found.setdefault(case, []).append(run_workers(*case))
            print(json.dumps([*case, found[case][-1]]), flush=True)
    rows = [
        {"model": model, "batch_size": size, "workers": workers}
        | {key: statistics.median(line[key] for line in lines) for key in lines[0]}
        for (model, size, workers), lines in found.items()
    ]
    RESULTS.write_text(
        json.dumps({"cores": len(os.sched_getaffinity(0)), "rounds": rounds, "rows": rows}, indent=1) + "\n"
    )


def make_table(which: str) -> str:
    """Return the table `measured`, predicted and measured on this machine, or `networks`, predicted for others."""
    results = json.loads(RESULTS.read_text())
    rows = {(row["model"], row["batch_size"], row["workers"]): row for row in results["rows"]}
    return _table_measured(rows, results) if which == "measured" else _table_networks(rows)


def _table_measured(rows: dict[tuple[str, int, int], dict[str, Any]], results: dict[str, Any]) -> str:
    lines = [
        "| model | workers | one worker's step | exchange | predicted step | measured step | speedup over one worker |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    excesses = []
    for model in MODELS:
        alone = rows[model, BATCH, 1]["step"]
        lines.append(f"| {model} | 1 | {_ms(alone)} | | | {_ms(alone)} | |")
        for workers in WORKERS[1:]:
            together, share = rows[model, BATCH, workers], rows[model, BATCH // workers, 1]["step"]
            predicted = share * max(1, workers / results["cores"]) + together["exchange"]
            excesses.append(together["step"] / predicted - 1)
            lines.append(
                f"| {model} | {workers} | {_ms(share)} | {_ms(together['exchange'])} | {_ms(predicted)} "
                f"| {_ms(together['step'])} | {alone / together['step']:.2f}x |"
            )
    return "\n".join(lines) + (
        f"\n\nMilliseconds, batch of {BATCH}, medians of {results['rounds']} rounds on {results['cores']} cores; "
        "each worker is a process with one thread.\n"
        f"Measured steps take {min(excesses):.0%} to {max(excesses):.0%} longer than predicted.\n"
    )


def _table_networks(rows: dict[tuple[str, int, int], dict[str, Any]]) -> str:
    lines = [
        "| model | network | exchange between 2 workers | fastest with | speedup over one worker | efficiency halves "
        "with |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for model in MODELS:
        whole, half = rows[model, BATCH, 1]["step"], rows[model, BATCH // 2, 1]["step"]
        slope = (whole - half) / (BATCH / 2)
        fixed = max(0.0, whole - slope * BATCH)
        count = rows[model, BATCH, 1]["parameters"]
        for network, (bits, latency) in NETWORKS.items():
            steps = {n: fixed + slope * BATCH / n + _ring(count, n, bits, latency) for n in range(1, BATCH + 1)}
            best = min(steps, key=steps.__getitem__)
            efficient = max(n for n in steps if whole / steps[n] >= n / 2)
            lines.append(
                f"| {model} | {network} | {_ms(_ring(count, 2, bits, latency))} | {best} | {whole / steps[best]:.1f}x "
                f"| {efficient} |"
            )
    return "\n".join(lines) + "\n"


def _ring(count: int, workers: int, bits: float, latency: float) -> float:
    """Return the seconds in which a ring of N workers sums float32 numbers, by 2(N-1) messages of 1/N of them."""
    messages = 2 * (workers - 1)
    return messages * (count * 32 / workers / bits + latency)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", nargs=2, metavar=("MODEL", "BATCH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker[0], int(arguments.worker[1]))
    else:
        measure(arguments.rounds)
