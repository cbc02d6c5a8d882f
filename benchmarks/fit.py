"""`kcnn.fit` against Keras's own `Model.fit`: the speed on five common models.

usage: python benchmarks/fit.py [--models dense,mlp,convnet,vgg,resnet] [--rounds 3]

The two take turns, each in a process of its own, so that neither profits from what the other has set up: Keras's
process never imports this package. Each process trains four epochs in one call; the first one, which compiles, is not
counted in the speed. Results go to
benchmarks/fit.json, from which `make docs` writes the table of docs/python.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_suffix(".json")
BATCH, EPOCHS = 128, 3
IMAGES = {"dense": 25600, "mlp": 25600, "convnet": 6400, "vgg": 6400, "resnet": 6400}
DESCRIPTIONS = {
    "dense": "one dense layer",
    "mlp": "two dense layers of 256, dropout",
    "convnet": "the convnet of the Keras examples (32 and 64 filters, dropout)",
    "vgg": "four convolutions with batch normalization",
    "resnet": "three residual blocks of 16 filters, batch normalization",
}


def build(name: str) -> Any:
    """Return a compiled Keras model for images of 28x28 pixels."""
    import keras
    from keras import layers

    def convolve(filters: int) -> list[Any]:
        return [layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.BatchNormalization()]

    classify = layers.Dense(10, activation="softmax")
    if name == "resnet":
        image = keras.Input((28, 28, 1))
        features = layers.Conv2D(16, 3, strides=2, padding="same")(image)
        for _ in range(3):
            branch = features
            for _ in range(2):
                branch = layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(branch))
                branch = layers.Activation("relu")(branch)
            features = layers.Add()([features, branch])
        model = keras.Model(image, classify(layers.GlobalAveragePooling2D()(features)))
    else:
        parts = {
            "dense": [layers.Flatten()],
            "mlp": [
                layers.Flatten(),
                *(layers.Dense(256, activation="relu"), layers.Dropout(0.2)),
                *(layers.Dense(256, activation="relu"), layers.Dropout(0.2)),
            ],
            "convnet": [
                *(layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()),
                *(layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D()),
                *(layers.Flatten(), layers.Dropout(0.5)),
            ],
            "vgg": [
                *(*convolve(16), *convolve(16), layers.MaxPooling2D()),
                *(*convolve(32), *convolve(32), layers.MaxPooling2D()),
                *(layers.Flatten(), layers.Dense(128, activation="relu")),
            ],
        }
        model = keras.Sequential([keras.Input((28, 28, 1)), *parts[name], classify])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def record(contender: str, name: str) -> dict[str, Any]:
    """Return the images per second of each timed epoch, the seconds of the first one, and facts."""
    import numpy as np

    if contender == "kcnn":
        import keras_cnn_course as kcnn

        fit = kcnn.fit
    else:
        fit = None
    random = np.random.default_rng(0)
    count = IMAGES[name]
    images, labels = random.random((count, 28, 28, 1), "float32"), random.integers(0, 10, count)
    if fit is not None:
        from keras_cnn_course.devices.backend import load

        load()
    import keras

    model = build(name)
    times = [time.perf_counter()]
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()))
    options = {"batch_size": BATCH, "epochs": 1 + EPOCHS, "callbacks": [clock], "verbose": 0}
    (fit or type(model).fit)(model, images, labels, **options)
    seconds = np.diff(times)
    speeds = [count / each for each in seconds[1:]]
    return {"first": float(seconds[0]), "speeds": speeds, "parameters": model.count_params()}


def measure(names: list[str], rounds: int) -> None:
    """Let the two take turns on each model, and update the results."""
    from keras_cnn_course.devices.processor import cpu_flags, name_cpu, name_widest

    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {"models": {}}
    for name in names:
        found: dict[str, list[dict[str, Any]]] = {"keras": [], "kcnn": []}
        for _ in range(rounds):
            for contender, lines in found.items():
                command = [sys.executable, __file__, "--record", contender, name]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
                lines.append(json.loads(done.stdout.splitlines()[-1]))
        results["models"][name] = {
            contender: {
                "images_per_second": round(statistics.median(speed for line in lines for speed in line["speeds"])),
                "first_epoch": round(statistics.median(line["first"] for line in lines), 2),
                "parameters": lines[0]["parameters"],
            }
            for contender, lines in found.items()
        }
        results["machine"] = f"{name_cpu()}, {name_widest(cpu_flags())}"
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def make_table() -> str:
    """Return the results as a Markdown table."""
    results = json.loads(RESULTS.read_text())
    rows = []
    for name, description in DESCRIPTIONS.items():
        keras, ours = (results["models"][name][contender] for contender in ("keras", "kcnn"))
        times = ours["images_per_second"] / keras["images_per_second"]
        speeds = f"{keras['images_per_second']:,} | {ours['images_per_second']:,} | {times:.1f}"
        first = f"{keras['first_epoch']:.1f} | {ours['first_epoch']:.1f}"
        rows.append(f"| {description} | {keras['parameters']:,} | {speeds} | {first} |")
    head = (
        "| model | parameters | `Model.fit`, images/s | `kcnn.fit`, images/s | times as fast "
        "| first epoch of `Model.fit`, s | of `kcnn.fit`, s |"
    )
    return "\n".join(
        [head, "|---|---:|---:|---:|---:|---:|---:|", *rows, "", f"Measured on: {results['machine']}.", ""]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", default=",".join(DESCRIPTIONS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", nargs=2)
    options = parser.parse_args()
    if options.record:
        print(json.dumps(record(*options.record)))
    else:
        measure(options.models.split(","), options.rounds)
