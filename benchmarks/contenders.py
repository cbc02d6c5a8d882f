"""Train one of the lecture's models on MNIST with one contender; prints one line of JSON per epoch.

usage: python benchmarks/contenders.py CONTENDER MODEL [--epochs 2] [--images 60000] [--filters 32] [--batch-size 500]

CONTENDER is one of
    engine          the recipe on this package's engine, as `kcnn train` runs it
    keras_fit       the same layers in plain Keras: model.fit with batches of 128 and its other defaults
    pytorch         the same layers in PyTorch, float32, batches of 128, data resident in memory
    pytorch_bf16    the same with autocast to bfloat16 and the channels-last layout

All of them train on the same images. Seconds are those of the training alone. Only `engine` takes --filters and
--batch-size.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]


def load_arrays(images: int) -> Arrays:
    """Return MNIST with this number of training images, repeated or cut."""
    home = Path(os.environ.get("KCNN_DATA_HOME", Path.home() / ".keras" / "datasets"))
    with np.load(home / "mnist.npz") as members:
        arrays = {name: members[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    index = np.arange(images) % 60_000
    return {**arrays, "x_train": arrays["x_train"][index], "y_train": arrays["y_train"][index]}


def report(
    contender: str, model: str, images: int, train_epoch: Callable[[int], None], score: Callable[[], float], epochs: int
) -> None:
    """Train epoch by epoch and print the seconds, images per second and test accuracy of each."""
    for epoch in range(epochs):
        wall, cpu = time.perf_counter(), time.process_time()
        train_epoch(epoch)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        line = {
            "contender": contender,
            "model": model,
            "epoch": epoch,
            "wall": round(wall, 3),
            "cpu": round(cpu, 3),
            "images_per_second": round(images / wall),
            "test_accuracy": round(score(), 4),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        print(json.dumps(line), flush=True)


def run_engine(model_name: str, arrays: Arrays, options: argparse.Namespace) -> tuple[Callable, Callable]:
    """Build the recipe for the engine, with the precision that `--precision auto` chooses."""
    from keras_cnn_course.devices import backend

    started = backend.start()
    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
    from keras_cnn_course.devices.precision import choose_precision
    from keras_cnn_course.training.engine import Engine
    from keras_cnn_course.training.schedule import OneCycle

    recipe = load_recipe(find_recipe(model_name))
    values = {"filters": options.filters} if options.filters else {}
    chosen = recipe.hyperparameters.with_overrides({**values, "batch_size": options.batch_size})
    model = build_compiled_model(recipe, chosen, input_shape=(28, 28, 1), num_classes=10, seed=0)
    images = arrays["x_train"][..., None]
    steps = options.epochs * -(-len(images) // chosen.batch_size)
    engine = Engine(
        model,
        batch_size=chosen.batch_size,
        schedule=OneCycle(chosen.learning_rate, steps),
        precision=choose_precision("auto", started.device)[0],
        tf_device=started.tf_device,
    )
    engine.load(images, arrays["y_train"])
    x_test, y_test = arrays["x_test"][..., None], arrays["y_test"].astype("int32")

    def train_epoch(epoch: int) -> None:
        engine.train(np.random.default_rng([0, epoch]).permutation(len(images)))

    return train_epoch, lambda: engine.evaluate(x_test, y_test).accuracy


def run_keras_fit(model_name: str, arrays: Arrays, options: argparse.Namespace) -> tuple[Callable, Callable]:
    """Train as a user of Keras would."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    from keras import layers

    def block(filters: int) -> list:
        return [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]

    blocks = {"mlp": [], "cnn": block(32), "deep_cnn": [*block(32), *block(64)]}[model_name]
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *blocks,
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x_train, x_test = (arrays[name].astype("float32")[..., None] / 255 for name in ("x_train", "x_test"))

    def train_epoch(epoch: int) -> None:
        model.fit(x_train, arrays["y_train"], batch_size=128, epochs=1, verbose=0)

    return train_epoch, lambda: model.evaluate(x_test, arrays["y_test"], batch_size=1000, verbose=0)[1]


def run_pytorch(model_name: str, arrays: Arrays, options: argparse.Namespace) -> tuple[Callable, Callable]:
    """Train as a user of PyTorch would, without the overhead of a data loader."""
    import torch
    from torch import nn
    from torch.nn import functional

    low = options.contender == "pytorch_bf16"
    layout = torch.channels_last if low else torch.contiguous_format

    def block(depth: int, filters: int) -> list:
        return [nn.Conv2d(depth, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]

    blocks, width = {
        "mlp": ([], 784),
        "cnn": (block(1, 32), 5408),
        "deep_cnn": ([*block(1, 32), *block(32, 64)], 1600),
    }[model_name]
    model = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(width, 512), nn.ReLU(), nn.Linear(512, 10))
    model = model.to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    x_train, x_test = (
        torch.from_numpy(arrays[name].astype("float32")[:, None] / 255) for name in ("x_train", "x_test")
    )
    y_train, y_test = (torch.from_numpy(arrays[name].astype("int64")) for name in ("y_train", "y_test"))

    def train_epoch(epoch: int) -> None:
        for batch in torch.randperm(len(x_train)).split(128):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
                logits = model(x_train[batch].contiguous(memory_format=layout))
            loss = functional.cross_entropy(logits.float(), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def score() -> float:
        with torch.no_grad():
            return (torch.cat([model(part) for part in x_test.split(1000)]).argmax(1) == y_test).float().mean().item()

    return train_epoch, score


CONTENDERS = {"engine": run_engine, "keras_fit": run_keras_fit, "pytorch": run_pytorch, "pytorch_bf16": run_pytorch}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("model", choices=["mlp", "cnn", "deep_cnn"])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--filters", type=int)
    parser.add_argument("--batch-size", type=int, default=500)
    options = parser.parse_args()
    arrays = load_arrays(options.images)
    train_epoch, score = CONTENDERS[options.contender](options.model, arrays, options)
    report(options.contender, options.model, options.images, train_epoch, score, options.epochs)
