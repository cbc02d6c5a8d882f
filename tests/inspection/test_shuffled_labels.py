"""`kcnn explain --shuffled-labels`: the third row, and the network that is trained for it once."""

import shutil

import numpy as np
import pytest
from click.testing import CliRunner

import keras_cnn_course as kcnn
from keras_cnn_course.cli import kcnn as command_line
from keras_cnn_course.errors import DatasetError, RunError


@pytest.fixture(scope="module")
def arrays():
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 6), dtype=np.uint8)
    return images, np.arange(40) % 2, images[:8], np.arange(8) % 2


@pytest.fixture(scope="module")
def trained(arrays, started, tmp_path_factory):
    """A run on a data set in a file, which has learned shuffled labels; with what the command said about it."""
    folder = tmp_path_factory.mktemp("shuffled")
    np.savez(folder / "two.npz", **dict(zip(("x_train", "y_train", "x_test", "y_test"), arrays, strict=True)))
    kcnn.train("softmax", folder / "two.npz", epochs=1, out=folder / "run", quiet=True, backend=started)
    return folder, explain(folder)


def explain(folder, *options):
    words = ["explain", folder / "run", 3, "--shuffled-labels", "--out", folder / "why.png", *options]
    return CliRunner().invoke(command_line, [str(word) for word in words])


def copy_of(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path / "copy")
    return tmp_path / "copy"


def test_the_sheet_has_a_third_row(trained):
    folder, result = trained
    assert result.exit_code == 0, result.output
    assert "Training on 40 images with shuffled labels" in result.stderr
    assert "Rank correlation with shuffled labels: Gradient" in result.stdout
    with np.load(folder / "why.npz", allow_pickle=False) as stored:
        accuracy = float(stored["shuffled_accuracy"])
        assert accuracy >= 0.7  # half of them by guessing
        assert not np.array_equal(stored["shuffled_gradient"], stored["random_gradient"])
        assert not np.array_equal(stored["shuffled_gradient"], stored["gradient"])
    assert f"The network of the third row gives {accuracy:.1%} of its shuffled labels." in " ".join(
        result.stderr.split()
    )


@pytest.mark.slow
def test_the_network_is_trained_once_and_again_when_the_seed_changes(trained, tmp_path):
    folder = copy_of(trained, tmp_path)
    file = kcnn.open_run(folder / "run").directory.shuffled_weights_file
    before, first = file.read_bytes(), (folder / "why.png").read_bytes()
    again = explain(folder)
    assert again.exit_code == 0, again.output
    assert "Training on" not in again.stderr
    assert (file.read_bytes(), (folder / "why.png").read_bytes()) == (before, first)
    assert "Training on" in explain(folder, "--seed", "1").stderr
    assert file.read_bytes() != before


def test_a_damaged_file_is_an_error(trained, tmp_path):
    folder = copy_of(trained, tmp_path)
    run = kcnn.open_run(folder / "run")
    file = run.directory.shuffled_weights_file
    file.write_bytes(file.read_bytes()[:200])
    result = explain(folder)
    assert result.exit_code == 1
    assert "Delete it; it will be made again." in " ".join(result.stderr.split())
    file.unlink()
    stored = np.load(trained[0] / "run" / file.name)
    np.savez(file, accuracy=stored["accuracy"], made_from=stored["made_from"], weight_0000=np.zeros(3))
    with pytest.raises(RunError, match="does not hold the weights of this run's network"):
        run.explain(3, shuffled_labels=True)


def test_the_training_images_are_needed_even_where_the_image_is_given(arrays, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = copy_of(trained, tmp_path)
    record = folder / "run" / "run.json"
    record.write_text(record.read_text().replace("two.npz", "gone.npz"))
    (folder / "two.npz").unlink()
    result = explain(folder)
    assert result.exit_code == 1
    assert "was not found" in " ".join(result.stderr.split())
    run = kcnn.open_run(folder / "run")
    assert "random_gradient" in run.explain(arrays[2][3]).arrays
    with pytest.raises(DatasetError, match="was not found"):
        run.explain(arrays[2][3], shuffled_labels=True)
    drawn = run.explain(3, data=(arrays[:2], arrays[2:]), shuffled_labels=True)
    with np.load(trained[0] / "why.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(drawn.arrays["shuffled_gradient"], stored["shuffled_gradient"])
