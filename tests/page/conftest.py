"""Models, and the pages written from them."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_cnn_course.page


@pytest.fixture(scope="session")
def node():
    """The path of Node, or a skip."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("needs Node 18 or newer: apt-get install nodejs")
    return path


@pytest.fixture(scope="session")
def page_modules():
    """The environment in which the JavaScript tests find the page's modules."""
    return {"KCNN_PAGE": str(Path(keras_cnn_course.page.__file__).parent)}


@dataclass(frozen=True)
class WrittenPage:
    """A page, the model with rounded weights that it holds, and where it was written."""

    path: Path
    model: Any
    html: str

    @property
    def data(self):
        return json.loads(self.script("data"))

    def script(self, name):
        return re.search(rf'<script type="[^"]+" id="{name}">(.*?)</script>', self.html, re.DOTALL)[1]


@pytest.fixture(scope="session")
def write_page(started, trained_run, digits, tmp_path_factory):
    """A function that writes the page of a model as that of a run on the embedded digits."""
    from keras_cnn_course.page.writing import build_page

    def write(model, *, name="cnn-001", **changes):
        record = replace(trained_run.read_record(), **changes)
        html = build_page(model, record, digits, name=name).html
        path = tmp_path_factory.mktemp("page") / "page.html"
        path.write_text(html, encoding="utf-8")
        return WrittenPage(path, model, html)

    return write


@pytest.fixture(scope="session")
def small_page(write_page, trained_run):
    """The page of the small trained run."""
    return write_page(trained_run.load_model())


@pytest.fixture(scope="session")
def build_recipe(started):
    """A function that builds the untrained model of a recipe."""
    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe

    def build(name):
        loaded = load_recipe(find_recipe(name))
        return build_compiled_model(loaded, loaded.hyperparameters, input_shape=(28, 28, 1), num_classes=10, seed=0)

    return build


@pytest.fixture(scope="session")
def build_everything(started):
    """A function that builds a model with every kind of layer that the page knows, in unusual settings."""
    import keras
    from keras import layers

    def build():
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1), name="image"),
                layers.Rescaling(2.0, offset=-0.5, name="scale"),
                layers.Conv2D(6, (5, 3), strides=(2, 1), padding="same", use_bias=False, name="conv_1"),
                layers.BatchNormalization(name="normalize_1"),
                layers.ReLU(name="relu_1"),
                layers.MaxPooling2D(3, strides=2, padding="same", name="pool_1"),
                layers.Conv2D(8, 3, activation="relu", name="conv_2"),
                layers.AveragePooling2D((2, 3), strides=(1, 2), name="pool_2"),
                layers.Dropout(0.5, name="drop"),
                layers.Conv2D(5, 1, name="conv_3"),
                layers.LeakyReLU(negative_slope=0.25, name="leaky"),
                layers.Flatten(name="flatten"),
                layers.Dense(20, activation="relu", name="dense_1"),
                layers.BatchNormalization(center=False, name="normalize_2"),
                layers.Activation("relu", name="relu_2"),
                layers.Dense(10, name="classifier"),
            ]
        )
        generator = np.random.default_rng(3)
        for layer in model.layers:  # a new layer's own mean, variance and bias would hide a mistake
            layer.set_weights([weight + generator.uniform(0.1, 0.9, weight.shape) for weight in layer.get_weights()])
        for name in ("conv_1", "conv_2", "conv_3", "dense_1", "classifier"):
            kernel, *bias = model.get_layer(name).get_weights()
            model.get_layer(name).set_weights([generator.normal(0, 0.2, kernel.shape), *bias])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    return build


@pytest.fixture(scope="session")
def build_global(started):
    """A function that builds a model with a global average instead of a Flatten, and with layers for training only."""
    import keras
    from keras import layers

    def build():
        keras.utils.set_random_seed(5)
        stack = [
            layers.RandomTranslation(0.1, 0.1, name="move"),
            layers.GaussianNoise(0.1, name="noise"),
            layers.Conv2D(6, 3, name="conv_1"),
            layers.SpatialDropout2D(0.2, name="drop"),
            layers.LeakyReLU(name="leaky"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(10, activation="softmax", name="classifier"),
        ]
        model = keras.Sequential([keras.Input((28, 28, 1), name="image"), *stack])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    return build
