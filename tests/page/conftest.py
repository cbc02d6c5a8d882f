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
    """A page, the models with rounded weights that it holds, and where it was written."""

    path: Path
    model: Any
    html: str
    others: dict[str, Any]

    @property
    def data(self):
        return json.loads(self.script("data"))

    def script(self, name):
        return re.search(rf'<script type="[^"]+" id="{name}">(.*?)</script>', self.html, re.DOTALL)[1]


@pytest.fixture(scope="session")
def write_page(started, trained_run, digits, tmp_path_factory):
    """A function that writes the page of a model as that of a run on the embedded digits, or on other `data`.

    `others` are the models of more runs of the same kind, by name.
    """
    from keras_cnn_course.page.writing import TrainedNetwork, build_page

    def write(model, *, name="cnn-001", others=None, data=digits, presents=False, **changes):
        record = replace(trained_run.read_record(), **changes)
        models = {name: model, **(others or {})}
        networks = [TrainedNetwork(name, each, record) for name, each in models.items()]
        html = build_page(networks, data, presents=presents).html
        path = tmp_path_factory.mktemp("page") / "page.html"
        path.write_text(html, encoding="utf-8")
        return WrittenPage(path, model, html, others or {})

    return write


@pytest.fixture(scope="session")
def small_page(write_page, trained_run):
    """The page of the small trained run."""
    return write_page(trained_run.load_model())


@pytest.fixture(scope="session")
def colors():
    """Small color images of three classes: a bright square in red, green or blue on noise."""
    from keras_cnn_course.datasets.dataset import Dataset

    generator = np.random.default_rng(1)
    labels = np.arange(60) % 3
    images = generator.integers(0, 90, (60, 12, 16, 3), dtype=np.uint8)
    for image, label, (row, column) in zip(images, labels, generator.integers(1, 7, (60, 2)), strict=True):
        image[row : row + 4, column : column + 5, label] = 220
    arrays = (images[:40], labels[:40], images[40:], labels[40:])
    return Dataset.from_arrays(*arrays, name="squares", class_names=("ruby", "leaf", "sea"))


# What a run on these images records about them.
COLORED = {
    "input_shape": (12, 16, 3),
    "class_names": ("ruby", "leaf", "sea"),
    "dataset": "squares",
    "appearance": {"ground": "dark", "colors": True, "placing": "free", "box": 1.0},
}


@pytest.fixture(scope="session")
def color_page(write_page, colors):
    """The page of a small network that was trained on color images."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(2)
    stack = [
        layers.Rescaling(1.5, name="scale"),
        layers.Conv2D(4, 3, name="conv_1"),
        layers.ReLU(name="relu_1"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(3, activation="softmax", name="classifier"),
    ]
    model = keras.Sequential([keras.Input((12, 16, 3), name="image"), *stack])
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    model.fit(colors.x_train / np.float32(255), colors.y_train, epochs=12, verbose=0)
    return write_page(model, name="squares-001", data=colors, **COLORED)


@pytest.fixture(scope="session")
def several_page(write_page, trained_run, build_recipe):
    """The page of two networks: the small trained run, and a softmax regression beside it."""
    other = build_recipe("softmax")
    other.get_layer("classifier").set_weights([np.random.default_rng(4).normal(0, 0.1, (784, 10)), np.zeros(10)])
    return write_page(trained_run.load_model(), others={"softmax-001": other})


@pytest.fixture(scope="session")
def build_recipe(started):
    """A function that builds the untrained model of a recipe."""
    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe

    def build(name, input_shape=(28, 28, 1), num_classes=10):
        loaded = load_recipe(find_recipe(name))
        shape = {"input_shape": input_shape, "num_classes": num_classes}
        return build_compiled_model(loaded, loaded.hyperparameters, **shape, seed=0)

    return build


@pytest.fixture(scope="session")
def build_everything(started):
    """A function that builds a model with every kind of layer that the page knows, in unusual settings."""
    import keras
    from keras import layers

    def build(input_shape=(28, 28, 1)):
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [
                keras.Input(input_shape, name="image"),
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


@pytest.fixture
def check_views(axe):
    """A function that looks at a page in several widths and color schemes: nothing is cut off, axe finds no fault."""

    def check(page, views):
        for width, scheme in views:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)  # until the layers are laid out again
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert axe(page) == [], width

    return check
