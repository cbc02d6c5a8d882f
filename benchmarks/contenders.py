"""Train one of the lecture's models on MNIST with one contender; prints one line of JSON per batch size and epoch.

usage: python benchmarks/contenders.py CONTENDER MODEL [--batch-sizes 128,500] [--epochs 2] [--images 60000]

CONTENDER is one of
    engine                   the recipe on this package's engine, as `kcnn train` runs it
    keras_fit                the same layers in plain Keras: model.fit with its defaults
    keras_jax                the same on JAX
    pytorch                  the same layers in PyTorch, data resident in memory, fused Adam
    pytorch_channels_last    the same with the channels-last layout
    pytorch_compiled         with the channels-last layout and torch.compile
    pytorch_bf16             as pytorch_channels_last, with autocast to bfloat16
    pytorch_bf16_compiled    as pytorch_compiled, with autocast to bfloat16

All of them train on the same images, without the last that do not fill a batch. Seconds are those of the training
alone. Only `engine` takes --filters.
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
# Trains one epoch, given its number, and returns the test accuracy.
Contender = tuple[Callable[[int], None], Callable[[], float]]


def load_arrays(images: int) -> Arrays:
    """Return MNIST with this number of training images, repeated or cut."""
    home = Path(os.environ.get("KCNN_DATA_HOME", Path.home() / ".keras" / "datasets"))
    with np.load(home / "mnist.npz") as members:
        arrays = {name: members[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    index = np.arange(images) % 60_000
    return {**arrays, "x_train": arrays["x_train"][index], "y_train": arrays["y_train"][index]}


def report(facts: dict[str, object], images: int, contender: Contender, epochs: int) -> None:
    """Train epoch by epoch, and print the seconds and images per second of each, and the test accuracy at the end."""
    train_epoch, score = contender
    for epoch in range(epochs):
        wall, cpu = time.perf_counter(), time.process_time()
        train_epoch(epoch)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        line = {
            **facts,
            "epoch": epoch,
            "wall": round(wall, 3),
            "cpu": round(cpu, 3),
            "images_per_second": round(images / wall),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        if epoch == epochs - 1:
            line["test_accuracy"] = round(score(), 4)
        print(json.dumps(line), flush=True)


def make_engine(options: argparse.Namespace, batch_size: int, arrays: Arrays) -> Contender:
    """Build the recipe for the engine, with the precision that `--precision auto` chooses."""
    from keras_cnn_course.devices import backend

    started = backend.start()
    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
    from keras_cnn_course.devices.precision import choose_precision
    from keras_cnn_course.training.engine import Engine
    from keras_cnn_course.training.schedule import OneCycle

    recipe = load_recipe(find_recipe(options.model))
    values = {"filters": options.filters} if options.filters else {}
    chosen = recipe.hyperparameters.with_overrides({**values, "batch_size": batch_size})
    model = build_compiled_model(recipe, chosen, input_shape=(28, 28, 1), num_classes=10, seed=0)
    images = arrays["x_train"][..., None]
    # The recipes' learning rates are for their own batches of 500.
    rate = chosen.learning_rate * min(1.0, batch_size / recipe.hyperparameters.batch_size)
    engine = Engine(
        model,
        batch_size=batch_size,
        schedule=OneCycle(rate, options.epochs * -(-len(images) // batch_size)),
        precision=choose_precision("auto", started.device)[0],
        tf_device=started.tf_device,
    )
    engine.load(images, arrays["y_train"])
    x_test, y_test = arrays["x_test"][..., None], arrays["y_test"].astype("int32")

    def train_epoch(epoch: int) -> None:
        engine.train(np.random.default_rng([0, epoch]).permutation(len(images)))

    return train_epoch, lambda: engine.evaluate(x_test, y_test).accuracy


def make_keras(options: argparse.Namespace, batch_size: int, arrays: Arrays) -> Contender:
    """Build the layers as a user of Keras would."""
    os.environ["KERAS_BACKEND"] = "jax" if options.contender == "keras_jax" else "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    from keras import layers

    def block(filters: int) -> list:
        return [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]

    blocks = {"mlp": [], "cnn": block(32), "deep_cnn": [*block(32), *block(64)]}[options.model]
    dense = [layers.Flatten(), layers.Dense(512, activation="relu"), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *blocks, *dense])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x_train, x_test = (arrays[name].astype("float32")[..., None] / 255 for name in ("x_train", "x_test"))

    def train_epoch(epoch: int) -> None:
        model.fit(x_train, arrays["y_train"], batch_size=batch_size, epochs=1, verbose=0)

    return train_epoch, lambda: model.evaluate(x_test, arrays["y_test"], batch_size=1000, verbose=0)[1]


def make_pytorch(options: argparse.Namespace, batch_size: int, arrays: Arrays) -> Contender:
    """Build the layers as an experienced user of PyTorch would, without the overhead of a data loader."""
    import torch
    from torch import nn
    from torch.nn import functional

    low, compiled = "bf16" in options.contender, "compiled" in options.contender
    layout = torch.contiguous_format if options.contender == "pytorch" else torch.channels_last

    def block(depth: int, filters: int) -> list:
        return [nn.Conv2d(depth, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]

    blocks, width = {
        "mlp": ([], 784),
        "cnn": (block(1, 32), 5408),
        "deep_cnn": ([*block(1, 32), *block(32, 64)], 1600),
    }[options.model]
    model = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(width, 512), nn.ReLU(), nn.Linear(512, 10))
    model = model.to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    x_train, x_test = (
        torch.from_numpy(arrays[name].astype("float32")[:, None] / 255) for name in ("x_train", "x_test")
    )
    y_train, y_test = (torch.from_numpy(arrays[name].astype("int64")) for name in ("y_train", "y_test"))

    def find_loss(images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
            logits = model(images)
        return functional.cross_entropy(logits.float(), labels)

    find = torch.compile(find_loss, dynamic=False) if compiled else find_loss

    def train_epoch(epoch: int) -> None:
        for batch in torch.randperm(len(x_train)).split(batch_size):
            loss = find(x_train[batch].contiguous(memory_format=layout), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def score() -> float:
        with torch.no_grad():
            return (torch.cat([model(part) for part in x_test.split(1000)]).argmax(1) == y_test).float().mean().item()

    return train_epoch, score


PYTORCH = ("pytorch", "pytorch_channels_last", "pytorch_compiled", "pytorch_bf16", "pytorch_bf16_compiled")
CONTENDERS = {"engine": make_engine, "keras_fit": make_keras, "keras_jax": make_keras} | dict.fromkeys(
    PYTORCH, make_pytorch
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("model", choices=["mlp", "cnn", "deep_cnn"])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--filters", type=int)
    parser.add_argument("--batch-sizes", default="500")
    options = parser.parse_args()
    for size in map(int, options.batch_sizes.split(",")):
        images = options.images // size * size
        arrays = load_arrays(images)
        facts = {"contender": options.contender, "model": options.model, "batch_size": size}
        report(facts, images, CONTENDERS[options.contender](options, size, arrays), options.epochs)
