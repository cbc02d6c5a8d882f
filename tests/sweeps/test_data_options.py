"""A sweep takes the data options of a training, and hands them to each of its runs."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def swept(started, tmp_path_factory):
    """The folder of a sweep over two sizes of a training set with pixels from 0 to 16."""
    folder = tmp_path_factory.mktemp("sweep")
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 60)
    images = (labels[:, None, None] * 8 + generator.integers(0, 8, (60, 5, 5))).astype("float32")
    np.savez(folder / "own.npz", x_train=images[:40], y_train=labels[:40], x_test=images[40:], y_test=labels[40:])
    words = ["--recipe", "softmax", "--dataset", str(folder / "own.npz"), "--pixel-range", "0:16", "--seeds", "1"]
    words += ["--grid", "epochs=1", "--train-examples", "10,20", "--out", str(folder / "sweep"), "--threads", "1"]
    result = CliRunner().invoke(kcnn, ["sweep", *words])
    assert result.exit_code == 0, result.output
    return folder / "sweep", words, result.stdout


def test_every_run_has_its_number_of_images_and_the_range(swept):
    folder, _, output = swept
    records = [json.loads(file.read_text()) for file in sorted(folder.glob("runs/*/run.json"))]
    assert [record["train_examples"] for record in records] == [10, 20]
    assert [record["hyperparameters"]["train_examples"] for record in records] == [10, 20]
    assert [record["pixel_range"] for record in records] == [[0, 16], [0, 16]]
    assert all("--pixel-range 0:16" in record["command"] for record in records)
    assert "softmax epochs=1 train_examples=20" in output


def test_the_sweep_continues_with_the_same_range_only(swept):
    _, words, _ = swept
    result = CliRunner().invoke(kcnn, ["sweep", *words])
    assert result.exit_code == 0, result.output
    words = ["0:20" if word == "0:16" else word for word in words]
    result = CliRunner().invoke(kcnn, ["sweep", *words])
    assert result.exit_code == 1
    assert "its data SHA-256 is" in " ".join(result.stderr.split())
