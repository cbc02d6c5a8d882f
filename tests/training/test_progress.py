import pytest

from keras_cnn_course.catalog.recipes import find_recipe
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
    assert lines[2] == "training  2 epochs of 6 steps; seed 0"
    assert [line[:16] for line in lines[5:]] == ["epoch 1/2  loss ", "epoch 2/2  loss "]


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
