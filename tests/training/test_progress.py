import re
import sys
import types

import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.training import progress
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.progress import ProgressBar, ProgressLines, QuietProgress, showing_progress
from keras_cnn_course.training.trainer import TrainingSettings, train


@pytest.mark.parametrize(
    ("quiet", "is_terminal", "kind"),
    [(True, True, QuietProgress), (False, False, ProgressLines), (False, True, ProgressBar)],
)
def test_the_progress_is_shown_as_it_fits_stderr(monkeypatch, quiet, is_terminal, kind):
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    with showing_progress(quiet=quiet) as callback:
        assert type(callback) is kind


@pytest.mark.parametrize("make", [ProgressLines, ProgressBar])
def test_lines_and_bar_print_the_plan_and_every_epoch(started, digits, tmp_path, capsys, monkeypatch, make):
    monkeypatch.setenv("COLUMNS", "200")
    settings = TrainingSettings(overrides={"epochs": 2}, out=tmp_path / "run", precision="float32")
    train(find_recipe("softmax"), digits, settings, backend=started, callback=make())
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["recipe", "data", "training", "computing", "writing"]
    assert "keep=last" in lines[0]
    assert "patience" not in lines[0]
    assert lines[2] == "training  2 epochs of 6 steps (without epochs=2, the recipe trains at least 42); seed 0"
    assert [line[:16] for line in lines[5:]] == ["epoch 1/2  loss ", "epoch 2/2  loss "]


def test_a_notebook_shows_one_output_that_changes(started, digits, tmp_path, capsys, monkeypatch):
    shown = []

    class Output:
        def update(self, data, *, raw):
            assert raw
            shown.append(data["text/plain"])

    ipython = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(kernel=True))
    display = types.SimpleNamespace(display=lambda data, *, raw, display_id: Output())
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(progress, "_NOTEBOOK_SECONDS", 0.0)
    settings = TrainingSettings(overrides={"epochs": 2, "batch_size": 500}, out=tmp_path / "run", precision="float32")
    with showing_progress() as callback:
        train(find_recipe("softmax"), digits, settings, backend=started, callback=callback)
    bars = [text.splitlines()[-1] for text in shown if " left" in text]
    assert [re.search(r"\d+%", bar)[0] for bar in bars] == ["19%", "39%", "50%", "69%", "89%", "100%"]
    assert bars[0].startswith("epoch 1/2 ██████░░░░")
    last = shown[-1].splitlines()
    assert last[0].startswith("recipe    softmax")
    assert [line[:9] for line in last if line.startswith("epoch")] == ["epoch 1/2", "epoch 2/2"]
    assert capsys.readouterr().err == ""


def test_progress_counts_the_images_of_each_epoch(started, digits, tmp_path):
    seen = []

    class Watch(Callback):
        def on_progress(self, epoch, scores):
            seen.append((epoch, scores.images))

        def on_epoch_end(self, row):
            seen.append((row["epoch"], round(row["loss"], 3)))

    settings = TrainingSettings(overrides={"epochs": 2, "batch_size": 500}, out=tmp_path / "run", precision="float32")
    run = train(find_recipe("softmax"), digits, settings, backend=started, callback=Watch())
    first, second = (round(loss, 3) for loss in run.read_history()["loss"])
    images = [500, 1000, 1295]
    assert seen == [*((1, count) for count in images), (1, first), *((2, count) for count in images), (2, second)]
