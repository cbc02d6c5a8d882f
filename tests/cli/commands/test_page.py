import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.cli.commands import page as page_command
from keras_cnn_course.runs.directory import RunDirectory


def run(*arguments):
    return CliRunner().invoke(kcnn, ["page", *map(str, arguments)])


@pytest.mark.slow
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


def save_images(path, channels):
    images = np.random.default_rng(0).integers(0, 256, (12, 6, 6, channels), dtype=np.uint8)
    labels = np.arange(12) % 3
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)


def test_images_of_two_channels_are_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_images("two.npz", channels=2)
    result = run("--dataset", "two.npz")
    assert result.exit_code == 1
    assert "images of 6x6x2" in result.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_color_images_of_a_file_get_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page_command, "_RECIPE", "softmax")
    save_images("color.npz", channels=3)
    result = run("--dataset", "color.npz", "--present")
    assert result.exit_code == 0, result.output
    assert "of 12 test images correct" in result.stdout
    html = (tmp_path / "runs" / "softmax-001" / "page.html").read_text(encoding="utf-8")
    assert '"inputShape":[6,6,3]' in html
    assert '"preparation":"none"' in html
    assert '"presents":true' in html
    assert "13 people" not in result.stderr


@pytest.fixture(scope="module")
def copies(trained_run, tmp_path_factory):
    """The trained run, and a copy under another name."""
    folder = tmp_path_factory.mktemp("several")
    return [shutil.copytree(trained_run.path, folder / name) for name in ("cnn-001", "cnn-002")]


def test_several_runs_share_a_page(copies):
    result = run(*copies)
    assert result.exit_code == 0, result.output
    first, second, size, path = result.stdout.splitlines()
    assert path == str(copies[0] / "page-compared.html")
    html = (copies[0] / "page-compared.html").read_text(encoding="utf-8")
    assert size == f"{len(html.encode()) / 1e6:.2f} MB"
    assert first.startswith("cnn-001; ")
    assert second.startswith("cnn-002; ")
    assert "cnn-001 and cnn-002" in html


def test_runs_that_cannot_share_a_page_leave_none(copies, tmp_path):
    out = tmp_path / "page.html"
    for runs, said in [
        ([copies[0], copies[0]], "is given more than once"),
        ([copies[0], tmp_path / "nothing"], "does not exist"),
    ]:
        result = run(*runs, "--out", out)
        assert said in result.stderr
        assert result.exit_code in (1, 2)
    other = shutil.copytree(copies[1], tmp_path / "letters")
    record = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps({**record, "class_names": list("abcdefghij")}))
    result = run(copies[0], other, "--out", out)
    assert result.exit_code == 2
    assert "the classes of letters are a, b, c" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize("name", ["page.png", "page"])
def test_another_suffix_is_wrong_use(trained_run, tmp_path, name):
    result = run(trained_run.path, "--out", tmp_path / name)
    assert result.exit_code == 2
    assert ".html" in result.stderr


@pytest.mark.slow
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
