"""Data at the edge of what can be trained on, through `kcnn train`: an error, or the behaviour that is stated."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn


@pytest.fixture
def train(started, tmp_path, monkeypatch):
    """Return a function that trains softmax for two epochs on so many random images of two classes."""
    monkeypatch.chdir(tmp_path)

    def run(examples, *arguments, tone=None, test_examples=4):
        images = np.random.default_rng(0).integers(0, 256, (max(examples, test_examples), 8, 8), dtype=np.uint8)
        if tone is not None:
            images[:] = tone
        labels = np.arange(len(images)) % 2
        np.savez(
            "data.npz",
            x_train=images[:examples],
            y_train=labels[:examples],
            x_test=images[:test_examples],
            y_test=labels[:test_examples],
        )
        command = ["train", "--recipe", "softmax", "--epochs", "2", "--dataset", "data.npz", "--quiet", *arguments]
        return CliRunner().invoke(kcnn, command)

    return run


def test_one_image_a_class_leaves_none_to_hold_out(train, tmp_path):
    result = train(2)
    assert result.exit_code == 1
    assert "too small for validation: 2 training images, and no class with two of them" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_three_images_are_enough(train):
    assert train(3).exit_code == 0


@pytest.mark.slow
def test_one_test_image_is_enough(train):
    values = json.loads(train(10, "--json", test_examples=1).stdout)
    assert values["test_examples"] == 1
    assert values["test_accuracy"] in (0, 1)


def count_steps(run):
    """Return the number of optimizer steps, which the name of a checkpoint counts."""
    return int(max(path.stem for path in (run / "checkpoint").glob("*.npz")).removeprefix("step-"))


@pytest.mark.slow
def test_a_batch_larger_than_the_data_trains_as_one_that_fits(train, tmp_path):
    """Of 20 images, 18 are trained on, for two epochs."""
    runs = [tmp_path / "runs" / f"softmax-00{number}" for number in (1, 2, 3)]
    for batch_size in ("1000000", "18", "17"):
        result = train(20, "--batch-size", batch_size, "--checkpoint-every", "0")
        assert result.exit_code == 0, result.output
    assert [count_steps(run) for run in runs] == [2, 2, 4]
    larger, exact = (
        [line.rsplit(",", 1)[0] for line in (run / "history.csv").read_text().splitlines()] for run in runs[:2]
    )
    assert larger == exact


@pytest.mark.slow
@pytest.mark.parametrize("tone", [0, 255])
def test_images_all_alike_are_guessed(train, tone):
    """A loss of ln 2 is that of knowing nothing of two classes; two small steps from zero weights change it little."""
    values = json.loads(train(40, "--json", tone=tone).stdout)
    assert values["test_accuracy"] == 0.5
    assert values["test_loss"] == pytest.approx(np.log(2), abs=0.05)
