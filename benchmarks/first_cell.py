"""From the first cell of a fresh Jupyter kernel to a plotted curve: lines to type, and seconds.

usage: python benchmarks/first_cell.py [--rounds 3]

Three notebooks: `kcnn.train`, `kcnn.fit` on a plain Keras model, and Keras's own `Model.fit` on the same model. Each
runs in a kernel of its own, in turn; the seconds count from the first cell to the picture, without the start of the
kernel. The medians go to benchmarks/first_cell.json, from which `make docs` writes the table of docs/python.md.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).with_suffix(".json")
TRAIN = """\
import keras_cnn_course as kcnn
run = kcnn.train("cnn", "digits", epochs=3)
run.plot_curves()"""
MODEL = """\
import keras
from matplotlib import pyplot as plt
{imported}
data = kcnn.load_dataset("digits")
model = keras.Sequential([
    keras.layers.Conv2D(16, 3, activation="relu"),
    keras.layers.MaxPooling2D(),
    keras.layers.Flatten(),
    keras.layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = {fit}data.x_train / 255, data.y_train, epochs=10, validation_split=0.1)
plt.plot(history.history["val_accuracy"])"""
IMPORTED = "import keras_cnn_course as kcnn"
NOTEBOOKS = {
    "`kcnn.train`: the recipe `cnn`, 3 epochs": TRAIN,
    "`kcnn.fit`: a Keras model, 10 epochs": MODEL.format(imported=IMPORTED, fit="kcnn.fit(model, "),
    "`Model.fit`: the same model, 10 epochs": MODEL.format(imported=IMPORTED, fit="model.fit("),
}


def time_to_picture(code: str, folder: str) -> float:
    """Return the seconds from sending the code to the picture."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(cwd=folder)
    arrived = []

    def receive(message: dict) -> None:
        if "image/png" in message["content"].get("data", {}):
            arrived.append(time.perf_counter() - began)

    try:
        began = time.perf_counter()
        reply = client.execute_interactive(code, timeout=110, output_hook=receive)
        if reply["content"]["status"] != "ok":
            raise SystemExit(str(reply["content"]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return arrived[0]


def measure(rounds: int) -> None:
    """Let the notebooks take turns, and store the medians."""
    from keras_cnn_course.devices.processor import cpu_flags, name_cpu, name_widest

    seconds: dict[str, list[float]] = {name: [] for name in NOTEBOOKS}
    for _ in range(rounds):
        for name, code in NOTEBOOKS.items():
            with tempfile.TemporaryDirectory() as folder:
                seconds[name].append(time_to_picture(code, folder))
    results = {
        "machine": f"{name_cpu()}, {name_widest(cpu_flags())}",
        "seconds": {name: round(statistics.median(each), 1) for name, each in seconds.items()},
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def make_table() -> str:
    """Return the results as a Markdown table."""
    results = json.loads(RESULTS.read_text())
    rows = [
        f"| {name} | {len(code.splitlines())} | {results['seconds'][name]:.1f} |" for name, code in NOTEBOOKS.items()
    ]
    return "\n".join(
        ["| notebook | lines | seconds |", "|---|---:|---:|", *rows, "", f"Measured on: {results['machine']}.", ""]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    measure(parser.parse_args().rounds)
