"""Where the time of a training step goes, by operation, on both kinds of processor.

usage: python benchmarks/operations.py [--label now] [--models cnn,deep_cnn] [--instruction-sets avx2,auto]

Each step is recorded with TensorFlow's profiler in a separate process, with batches of 500. With AVX2, TensorFlow's
`fit` runs without oneDNN, as it does by default on such a processor. Results go to benchmarks/operations.json, from
which `make docs` writes the tables of docs/performance.md; columns with another label, such as those of an earlier
version, are kept.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).with_suffix(".json")
BATCH, STEPS = 500, 20
# The parts of a step in the words of the lecture. An operation belongs to the first part of which its name has a mark.
PARTS = {
    "matrix products": ("MatMul",),
    "compiled blocks": ("Xla",),
    "convolution, gradients": ("Conv2DBackprop",),
    "convolution, forward (bias and ReLU fused)": ("Conv2D",),
    "max pooling, gradient": ("MaxPoolGrad",),
    "max pooling, forward": ("MaxPool",),
    "ReLU": ("Relu",),
    "optimizer, fused": ("ResourceApply",),
    "optimizer, in single operations": ("adam/", "Assign"),
    "float32 to bfloat16 and back": (":Cast",),
}


def record(train: Callable[[], object]) -> dict[str, float]:
    """Return the milliseconds per step for each part; `train` runs STEPS steps."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    train()
    began = time.perf_counter()
    train()
    whole = (time.perf_counter() - began) * 1e3 / STEPS
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        train()
        tf.profiler.experimental.stop()
        space = xplane_pb2.XSpace.FromString(next(Path(folder).rglob("*.xplane.pb")).read_bytes())
    parts: collections.Counter[str] = collections.Counter()
    for plane in space.planes:
        names = {key: metadata.name for key, metadata in plane.event_metadata.items()}
        for line in plane.lines:
            for event in line.events:
                part = _part_of(names[event.metadata_id])
                if part and line.name.startswith("tf_"):
                    parts[part] += event.duration_ps / 1e9 / STEPS
    return {"whole step": whole, **parts}


def _part_of(name: str) -> str | None:
    """Return the part that an operation `name:Type` belongs to; None if it is not an operation of the graph."""
    if ":" not in name or name.endswith(("Process", "Callback")):
        return None
    return next((part for part, marks in PARTS.items() if any(mark in name for mark in marks)), "everything else")


def record_contender(contender: str, model_name: str) -> dict[str, float]:
    """Return the parts of one contender's step."""
    from keras_cnn_course.devices import backend

    started = backend.start()
    import numpy as np
    from contenders import load_arrays

    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
    from keras_cnn_course.devices.precision import choose_precision
    from keras_cnn_course.training.engine import Engine

    recipe = load_recipe(find_recipe(model_name))
    model = build_compiled_model(recipe, recipe.hyperparameters, input_shape=(28, 28, 1), num_classes=10, seed=0)
    arrays = load_arrays(BATCH * STEPS)
    images, labels = arrays["x_train"][..., None], arrays["y_train"]
    if contender == "fit":
        scaled = images.astype("float32") / 255
        return record(lambda: model.fit(scaled, labels, batch_size=BATCH, verbose=0))
    engine = Engine(model, batch_size=BATCH, precision=choose_precision("auto", started.device)[0])
    engine.load(images, labels)
    return record(lambda: engine.train(np.arange(len(images))))


def measure(label: str, models: list[str], instruction_sets: list[str]) -> None:
    """Record the steps and update the results."""
    from speed import ENVIRONMENTS, list_instruction_sets

    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for name, limit in list_instruction_sets().items():
        for model in models if name in instruction_sets else []:
            for contender in ("fit", "engine"):
                extra = ENVIRONMENTS.get((name, "keras_fit"), {}) if contender == "fit" else {}
                command = [sys.executable, __file__, "--record", contender, model]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, **limit, **extra})
                column = "fit" if contender == "fit" else label
                results.setdefault(model, {}).setdefault(name, {})[column] = json.loads(done.stdout.splitlines()[-1])
                RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def make_table(model: str) -> str:
    """Return a model's results as a Markdown table, in milliseconds per step."""
    results = json.loads(RESULTS.read_text())[model]
    heads = {"avx2": "AVX2", "auto": "`auto`"}
    columns = {
        f"{heads[name]}, {'`fit`' if label == 'fit' else label}": parts
        for name in heads
        for label, parts in sorted(results.get(name, {}).items(), key=lambda item: (item[0] != "fit", item[0]))
    }
    rows = [f"| part of a step (milliseconds) | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for part in [*PARTS, "everything else", "whole step"]:
        values = [parts.get(part, 0) for parts in columns.values()]
        if any(values):
            rows.append(f"| {part} | {' | '.join(f'{value:.1f}' for value in values)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--label", default="now")
    parser.add_argument("--models", default="cnn,deep_cnn")
    parser.add_argument("--instruction-sets", default="avx2,auto")
    parser.add_argument("--record", nargs=2, metavar=("CONTENDER", "MODEL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.record:
        print(json.dumps(record_contender(*options.record)))
    else:
        measure(options.label, options.models.split(","), options.instruction_sets.split(","))
