"""A recipe that fails in every way a trial can, and what a sweep is made of."""

import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.sweeps.design import Conditions, design_trials
from keras_cnn_course.sweeps.folder import SweepFolder
from keras_cnn_course.sweeps.sweep import Sweep

# What stops or kills it leaves a note, and does so once.
MOODY = '''"""Softmax regression that 2 units kill once, 3 stop once, 4 are too many for, and 5 kill every time."""

import os
import signal
from pathlib import Path

import keras
from keras import layers

from keras_cnn_course.catalog.hyperparameters import Hyperparameters

HYPERPARAMETERS = Hyperparameters(epochs=2, batch_size=100, learning_rate=0.01, units=1)


def build_model(hyperparameters, input_shape, num_classes):
    units, note = hyperparameters.units, Path(__file__).with_name(f"note-{hyperparameters.units}")
    if units == 4:
        raise ValueError("four units are too many")
    if units == 5 or (units in (2, 3) and not note.exists()):
        note.touch()
        os.kill(os.getpid(), signal.SIGTERM if units == 3 else signal.SIGKILL)
    classifier = layers.Dense(num_classes, activation="softmax")
    model = keras.Sequential([keras.Input(input_shape), layers.Flatten(), classifier])
    model.compile(keras.optimizers.Adam(hyperparameters.learning_rate), "sparse_categorical_crossentropy")
    return model
'''


@pytest.fixture
def moody(tmp_path):
    """The path of the recipe, outside of the sweep's folder."""
    path = tmp_path / "moody.py"
    path.write_text(MOODY)
    return str(path)


@pytest.fixture
def make_sweep(digits, tmp_path):
    """A function that makes a sweep in a folder of the test's; the same one again when called again."""

    def make(*recipes, grid=(), seeds=1, out="sweep", **conditions):
        sources = [find_recipe(name) for name in recipes]
        return Sweep(
            design_trials(sources, dict(grid), seeds=seeds),
            Conditions(**{"dataset": "digits", "device": "cpu", "precision": "float32", "threads": 1, **conditions}),
            digits,
            SweepFolder.prepare(tmp_path / out, sources),
        )

    return make


@pytest.fixture
def run(make_sweep):
    """A function that makes a sweep and runs it to its end."""

    def run_sweep(executor, *recipes, **options):
        sweep = make_sweep(*recipes, **options)
        with executor:
            list(sweep.run(executor, should_stop=lambda: False))
        return sweep

    return run_sweep
