"""What several tests need: TensorFlow started once, MNIST where it is at hand, a small trained run, a browser."""

import os
import shutil
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.devices import backend


@pytest.fixture(scope="session")
def started() -> backend.Backend:
    """TensorFlow on the CPU."""
    return backend.start(device="cpu")


@pytest.fixture(scope="session")
def mnist():
    """The real MNIST, or a skip that says where it is missing."""
    home = os.environ.get("KCNN_DATA_HOME")
    if not home or not (Path(home) / "mnist.npz").is_file():
        pytest.skip("needs the real MNIST: set KCNN_DATA_HOME to a folder with mnist.npz")
    from keras_cnn_course.datasets.loading import load_dataset

    return load_dataset("mnist")


@pytest.fixture(scope="session")
def digits():
    """The embedded digits."""
    from keras_cnn_course.datasets.loading import load_dataset

    return load_dataset("digits")


@pytest.fixture(scope="session")
def trained_run(started, digits, tmp_path_factory):
    """The run folder of a small cnn trained for two epochs on the embedded digits. Tests must not change it."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.training.trainer import TrainingSettings, train

    settings = TrainingSettings(
        overrides={"epochs": 2, "filters": 4, "units": 16, "augment": "none"},
        out=tmp_path_factory.mktemp("runs") / "cnn-001",
        precision="float32",
        command="kcnn train --recipe cnn --epochs 2 --filters 4 --set units=16 --augment none",
    )
    return train(find_recipe("cnn"), digits, settings, backend=started)


@pytest.fixture
def free_ports():
    """A function that names so many ports of this machine that nobody listens on."""

    def find(count):
        with ExitStack() as held:
            sockets = [held.enter_context(socket.create_server(("", 0))) for _ in range(count)]
            return [listening.getsockname()[1] for listening in sockets]

    return find


@pytest.fixture(scope="session")
def report(trained_run, digits):
    """The report of the trained run."""
    from keras_cnn_course.report.run_report import build_run_report

    return build_run_report(trained_run, trained_run.load_model(), digits)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium driven by Playwright, or a skip that says what is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        # The sandbox of Chromium does not start as root; what is opened are this project's own pages.
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """A function that opens a local page without a network; any console error or outside request fails the test."""
    complaints = []
    with ExitStack() as stack:

        def open_file(path, *, width=1280, height=800, scheme="light", touch=False):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, offline=True, has_touch=touch
            )
            stack.callback(context.close)
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", lambda request: _check_local(request.url, path, complaints))
            page.goto(path.resolve().as_uri())
            return page

        yield open_file
    assert complaints == []


def _check_local(url, path, complaints):
    if url != path.resolve().as_uri() and not url.startswith(("data:", "blob:")):  # these two are the page's own bytes
        complaints.append(f"a request for {url}")


@pytest.fixture(scope="session")
def axe_core():
    """The source of axe-core, or a skip."""
    path = Path(sys.prefix) / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("needs axe-core: make browser-tools")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def axe(axe_core):
    """A function that returns the serious faults that axe-core finds in a page, or a skip."""

    def find_faults(page):
        page.evaluate(axe_core)
        found = page.evaluate("axe.run().then(({ violations }) => violations)")
        return [
            (fault["id"], fault["nodes"][0]["html"]) for fault in found if fault["impact"] in ("serious", "critical")
        ]

    return find_faults


@pytest.fixture(scope="session")
def keras():
    from keras_cnn_course.devices import backend

    backend.start(device="cpu")
    import keras

    return keras


@pytest.fixture
def build_cnn(keras):
    """A function that builds a small compiled model with the layers' names of the recipes."""

    def build(input_shape=(8, 8, 1), num_classes=4, logits=False, filters=3):
        layers = keras.layers
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                layers.Input(input_shape, name="image"),
                layers.Conv2D(filters, 3, name="conv_1"),
                layers.ReLU(name="relu_1"),
                layers.MaxPooling2D(name="pool_1"),
                layers.Conv2D(5, 2, name="conv_2", use_bias=False),
                layers.ReLU(name="relu_2"),
                layers.Flatten(name="flatten"),
                layers.Dense(num_classes, activation=None if logits else "softmax", name="classifier"),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    return build


@pytest.fixture
def images_and_labels():
    """A function that makes random uint8 images and int32 labels."""

    def make(count, shape=(8, 8, 1), num_classes=4):
        generator = np.random.default_rng(7)
        images = generator.integers(0, 256, size=(count, *shape), dtype=np.uint8)
        return images, generator.integers(0, num_classes, size=count, dtype=np.int32)

    return make
