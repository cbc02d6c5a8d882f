"""`kcnn data list` and `kcnn data fetch`."""

import dataclasses
import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.datasets.registry import DATASETS


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A tiny mnist.npz on a server of this machine; an empty home. Gives the home."""
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "web").mkdir()
    images = np.arange(4 * 64, dtype=np.uint8).reshape(4, 8, 8)
    labels = np.array([0, 1, 0, 1])
    np.savez(tmp_path / "web" / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    content = (tmp_path / "web" / "mnist.npz").read_bytes()
    handler = functools.partial(QuietHandler, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        file = dataclasses.replace(
            DATASETS["mnist"].files[0],
            url=f"http://127.0.0.1:{server.server_port}/mnist.npz",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            arrays_sha256=load_dataset(str(tmp_path / "web" / "mnist.npz")).sha256,
        )
        monkeypatch.setitem(DATASETS, "mnist", dataclasses.replace(DATASETS["mnist"], files=(file,)))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield tmp_path / "home"
        server.shutdown()
        thread.join()


def run(*arguments):
    return CliRunner().invoke(kcnn, ["data", *arguments])


def test_list_says_what_is_here_and_how_to_get_the_rest(published):
    result = run("list")
    assert result.exit_code == 0
    for expected in (
        "here: part of this package",
        "1,437 training and 360 test images of 28x28x1, 10 classes",
        "download it with: kcnn data fetch mnist",
        "download it with: kcnn data fetch cifar10 (170.5 MB)",
        "CC BY 4.0",
        "CC BY-SA 3.0",
        "MIT",
    ):
        assert expected in result.stdout


def test_list_as_json(published):
    described = {entry["name"]: entry for entry in json.loads(run("list", "--json").stdout)}
    assert described["digits"]["here"] is True
    assert described["mnist"]["here"] is False
    assert described["mnist"]["files"][0]["here"] is None
    assert described["cifar10"]["image_shape"] == [32, 32, 3]
    run("fetch", "mnist")
    (mnist,) = [entry for entry in json.loads(run("list", "--json").stdout) if entry["name"] == "mnist"]
    assert mnist["here"] is True
    assert mnist["files"][0]["here"] == str(published / "mnist.npz")


def test_fetch_says_where_it_put_the_file_and_then_that_it_is_there(published):
    first = run("fetch", "mnist")
    assert first.exit_code == 0
    assert f"saved {published / 'mnist.npz'}" in first.stdout
    assert "Downloading http://127.0.0.1" in first.stderr
    second = run("fetch", "mnist")
    assert second.exit_code == 0
    assert second.stdout == f"mnist is here already: {published / 'mnist.npz'}\n"
    assert str(published / "mnist.npz") in run("list").stdout
    assert load_dataset("mnist").num_classes == 2


def test_a_damaged_file_is_fetched_again(published):
    published.mkdir()
    (published / "mnist.npz").write_bytes(b"damaged")
    result = run("fetch", "mnist")
    assert result.exit_code == 0
    assert "is not the published file" in result.stderr
    assert load_dataset("mnist").num_classes == 2


def test_the_embedded_set_needs_no_fetch(published):
    result = run("fetch", "digits")
    assert result.exit_code == 0
    assert "part of this package, so there is nothing to download" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fetch", "mnits"), "Did you mean 'mnist'"),
        (("fetch",), "Missing argument"),
        (("fetch", "mnist", "--timeout", "0"), "--timeout"),
    ],
)
def test_wrong_use(published, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_wrong_bytes_end_with_1_and_leave_nothing(published, monkeypatch):
    info = DATASETS["mnist"]
    changed = dataclasses.replace(info.files[0], sha256="0" * 64)
    monkeypatch.setitem(DATASETS, "mnist", dataclasses.replace(info, files=(changed,)))
    result = run("fetch", "mnist")
    assert result.exit_code == 1
    assert "SHA-256 differs" in result.stderr
    assert list(published.glob("*")) == []


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from keras_cnn_course.cli.commands import data; "
        "print([m for m in ('numpy', 'PIL', 'keras', 'tensorflow', 'matplotlib', 'rich', 'urllib.request') "
        "if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
    for arguments in ((), ("list",), ("fetch",)):
        result = run(*arguments, "--help")
        assert result.exit_code == 0
        assert "Example:" in result.stdout


def test_names_are_completed():
    from keras_cnn_course.cli.commands import data

    completions = data.command.commands["fetch"].params[0].shell_complete(None, "fa")
    assert [item.value for item in completions] == ["fashion_mnist"]
