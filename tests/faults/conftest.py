"""A small training to disturb, what it ends with when nobody does, and processes that can be killed."""

import csv
import multiprocessing
import os
import runpy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.runs.directory import RunDirectory

# 130 steps an epoch, so that an epoch has four segments; dropout, batch normalisation, momentum and augmentation.
RECIPE = '''"""Small, with all that is random or has a state."""

import keras
from keras import layers

from keras_cnn_course.catalog.hyperparameters import Hyperparameters

HYPERPARAMETERS = Hyperparameters(epochs=3, batch_size=10, learning_rate=0.02, units=8, augment="shift")


def build_model(hyperparameters, input_shape, num_classes):
    image = keras.Input(input_shape, name="image")
    features = layers.Flatten()(layers.AveragePooling2D(4)(image))
    features = layers.BatchNormalization()(layers.Dense(hyperparameters.units, activation="relu")(features))
    features = layers.Dropout(0.4)(features)
    model = keras.Model(image, layers.Dense(num_classes, activation="softmax")(features))
    model.compile(keras.optimizers.SGD(hyperparameters.learning_rate, momentum=0.9), "sparse_categorical_crossentropy")
    return model
'''
TIMES = ("seconds", "fit_seconds", "images_per_second")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (-9 when killed), what it printed, and how often it changed its folder."""

    code: int
    output: str
    changes: int


class Commands:
    """Runs kcnn commands in processes of their own, forked from one that has loaded TensorFlow and not used it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.recipe = folder / "small.py"
        self.recipe.write_text(RECIPE)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tensorflow", "keras", "keras_cnn_course.runs.directory"])

    def train(self, run: Path) -> list[str]:
        """Return the arguments that begin the training."""
        return ["train", "--recipe", str(self.recipe), "--out", str(run), *self.how()]

    def resume(self, run: Path) -> list[str]:
        """Return the arguments that go on with it, or begin it where it has not begun."""
        if not (run / "run.json").exists():
            return self.train(run)
        return ["train", "--resume", str(run), "--checkpoint-every", "0"]

    def how(self) -> list[str]:
        return ["--precision", "float32", "--threads", "2", "--device", "cpu", "--checkpoint-every", "0"]

    def start(self, arguments: list[str], *, folder: Path, kill_at: int | None = None):
        """Start a command; return the process and its log."""
        self.number += 1
        log = self.folder / f"{self.number}.log"
        values = {"ARGUMENTS": arguments, "FOLDER": str(folder), "KILL_AT": kill_at, "LOG": str(log)}
        script = str(Path(__file__).with_name("command.py"))
        process = self.context.Process(target=runpy.run_path, args=(script, values, "__main__"))
        process.start()
        return process, log

    def run(self, arguments: list[str], *, folder: Path, kill_at: int | None = None, kill_after: float = 120) -> Ended:
        """Run a command and kill it before the n-th change of the folder, or after so many seconds."""
        process, log = self.start(arguments, folder=folder, kill_at=kill_at)
        process.join(kill_after)
        process.kill()
        process.join()
        text = log.read_text() if log.exists() else ""
        last = text.rstrip().rpartition("\n")[2]
        return Ended(process.exitcode, text, int(last) if last.isdecimal() else 0)


@pytest.fixture(scope="session")
def commands(tmp_path_factory):
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    return Commands(tmp_path_factory.mktemp("faults"))


@dataclass(frozen=True)
class Reference:
    """The training that nobody disturbed: its folder and how often it changed it."""

    path: Path
    changes: int


@pytest.fixture(scope="session")
def reference(commands):
    path = commands.folder / "reference"
    ended = commands.run(commands.train(path), folder=path)
    assert ended.code == 0, ended.output
    assert ended.changes > 50
    return Reference(path, ended.changes)


def read_everything(path):
    """Read every file of a run folder as its readers do; whatever is not whole fails here."""
    import keras
    import tensorflow as tf
    from PIL import Image

    from keras_cnn_course.training import checkpoint

    run = RunDirectory.open(path)
    run.read_record()
    assert run.recipe_file.read_text() == RECIPE
    if (path / "history.csv").exists():
        assert run.read_history()["epoch"] == list(range(1, len(run.read_history()["epoch"]) + 1))
    if (path / "metrics.json").exists():
        run.read_metrics()
    for which in ("best", "final"):
        if run.model_file(which).exists():
            run.load_model(which)
    assert checkpoint.read_newest(run)[1] == []
    for exported in path.glob("export/[!.]*.keras"):
        keras.saving.load_model(exported)
    for exported in path.glob("export/savedmodel/[!.]*"):
        tf.saved_model.load(str(exported))
    for picture in path.glob("plots/[!.]*.png"):
        with Image.open(picture) as image:
            image.load()


def results_of(path):
    """Return everything in a run folder that does not depend on the clock."""
    run = RunDirectory.open(path)
    lines = (path / "history.csv").read_text().splitlines()
    rows = [{name: value for name, value in row.items() if name not in TIMES} for row in csv.DictReader(lines)]
    metrics = {name: value for name, value in run.read_metrics().items() if name not in TIMES}
    models = [run.load_model(which) for which in ("best", "final")]
    arrays = [np.asarray(value) for model in models for value in (*model.weights, *model.optimizer.variables)]
    return rows, metrics, arrays


@pytest.fixture(scope="session")
def check_survived(started, commands, reference):
    """Return a function that reads a disturbed run, completes it, and compares it with the undisturbed one."""
    expected = results_of(reference.path)

    def check(path):
        if (path / "run.json").exists():
            read_everything(path)
        ended = commands.run(commands.resume(path), folder=path)
        assert ended.code == 0, ended.output
        rows, metrics, arrays = results_of(path)
        assert rows == expected[0]
        assert metrics == expected[1]
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(arrays, expected[2], strict=True))
        read_everything(path)
        assert not [*path.glob(".partial-*"), *path.glob("checkpoint/.partial-*")]

    return check
