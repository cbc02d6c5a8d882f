import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.cli.commands import page as page_command
from keras_cnn_course.runs.directory import RunDirectory


def run(*arguments):
    return CliRunner().invoke(kcnn, ["page", *map(str, arguments)])


def test_the_page_goes_into_the_run(trained_run, tmp_path):
    folder = shutil.copytree(trained_run.path, tmp_path / "cnn-001")
    result = run(folder)
    assert result.exit_code == 0, result.output
    measured, path = result.stdout.splitlines()
    assert path == str(folder / "page.html")
    html = (folder / "page.html").read_text(encoding="utf-8")
    assert measured.startswith(f"{len(html.encode()) / 1e6:.2f} MB; ")
    assert "of 360 test images correct" in measured
    assert "only 13 people" in result.stderr
    assert result.stderr.strip().splitlines()[-1] in html
    again = run(folder, "--out", tmp_path / "again.html")
    assert again.exit_code == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == html


def test_an_unknown_layer_leaves_no_page(trained_run, tmp_path):
    import keras
    from keras import layers

    folder = shutil.copytree(trained_run.path, tmp_path / "run")
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.GlobalMaxPooling2D(name="all"), layers.Dense(10, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    RunDirectory.open(folder).save_model(model, "best")
    result = run(folder)
    assert result.exit_code == 1
    assert "layer 'all' (GlobalMaxPooling2D)" in result.stderr
    assert not (folder / "page.html").exists()


def test_color_is_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images, labels = np.zeros((8, 6, 6, 3), np.uint8), np.arange(8) % 2
    np.savez("colour.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    result = run("--dataset", "colour.npz")
    assert result.exit_code == 1
    assert "needs a model of gray images" in result.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["page.png", "page"])
def test_another_suffix_is_wrong_use(trained_run, tmp_path, name):
    result = run(trained_run.path, "--out", tmp_path / name)
    assert result.exit_code == 2
    assert ".html" in result.stderr


def test_without_a_run_the_pages_own_network_is_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # A softmax regression in its place: what is trained is the recipe's business.
    monkeypatch.setattr(page_command, "_RECIPE", "softmax")
    result = run()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "runs/softmax-001/page.html"
    record = RunDirectory.open(tmp_path / "runs" / "softmax-001").read_record()
    assert record.hyperparameters["augment"] == "none"
    assert record.command == "kcnn train --recipe softmax --dataset digits"
    assert "will often misread" in result.stderr
