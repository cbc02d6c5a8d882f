"""Where the time of a training step goes, by operation, for Keras's `fit` and for the engine, both training `cnn`.

usage: python benchmarks/operations.py

Each is recorded with TensorFlow's profiler in a separate process, with the same batch size. Results go to
benchmarks/operations.json, from which `make docs` writes the table of docs/performance.md.
"""

import collections
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).with_suffix(".json")
BATCH, STEPS = 250, 40
# The parts of a step in the words of the lecture. An operation belongs to the first part of which its name has a mark.
PARTS = {
    "dense layers: matrix products": ("MatMul",),
    "convolution, gradient of the kernels": ("Conv2DBackprop",),
    "convolution, forward (bias and ReLU fused)": ("Conv2D",),
    "max pooling": ("MaxPool",),
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


def record_contender(contender: str) -> dict[str, float]:
    """Return the parts of one contender's step."""
    from keras_cnn_course.devices import backend

    backend.start()
    import numpy as np
    from contenders import load_arrays

    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
    from keras_cnn_course.training.engine import Engine

    recipe = load_recipe(find_recipe("cnn"))
    model = build_compiled_model(recipe, recipe.hyperparameters, input_shape=(28, 28, 1), num_classes=10, seed=0)
    arrays = load_arrays(BATCH * STEPS)
    images, labels = arrays["x_train"][..., None], arrays["y_train"]
    if contender == "keras_fit":
        scaled = images.astype("float32") / 255
        return record(lambda: model.fit(scaled, labels, batch_size=BATCH, verbose=0))
    engine = Engine(model, batch_size=BATCH, precision=contender)
    engine.load(images, labels)
    return record(lambda: engine.train(np.arange(len(images))))


def make_table() -> str:
    """Return the results as a Markdown table, in milliseconds per step."""
    results = json.loads(RESULTS.read_text())
    heads = {"keras_fit": "`model.fit`", "float32": "engine, float32", "bfloat16": "engine, bfloat16"}
    rows = [f"| part of a step (milliseconds) | {' | '.join(heads.values())} |", "|---|---:|---:|---:|"]
    for part in [*PARTS, "everything else", "whole step"]:
        rows.append(f"| {part} | {' | '.join(f'{results[name].get(part, 0):.1f}' for name in heads)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(record_contender(sys.argv[1])))
    else:
        command = [sys.executable, __file__]
        RESULTS.write_text(
            json.dumps(
                {
                    name: json.loads(
                        subprocess.run([*command, name], check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1]
                    )
                    for name in ("keras_fit", "float32", "bfloat16")
                },
                indent=1,
            )
            + "\n"
        )
