"""What several tests need: TensorFlow started once, the real MNIST where it is at hand, a small trained run."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from keras_cnn_course import backend


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
    from keras_cnn_course.catalog import find_recipe
    from keras_cnn_course.cli.progress import make_reporter
    from keras_cnn_course.training.run import TrainingSettings, train

    settings = TrainingSettings(
        overrides={"epochs": 2, "filters": 4, "units": 16},
        out=tmp_path_factory.mktemp("runs") / "cnn-001",
        precision="float32",
        command="kcnn train --recipe cnn --epochs 2 --filters 4 --set units=16",
    )
    return train(find_recipe("cnn"), digits, settings, backend=started, reporter=make_reporter(quiet=True))


@pytest.fixture
def free_ports():
    """A function that names so many ports of this machine that nobody listens on."""

    def find(count):
        with ExitStack() as held:
            sockets = [held.enter_context(socket.create_server(("", 0))) for _ in range(count)]
            return [listening.getsockname()[1] for listening in sockets]

    return find
