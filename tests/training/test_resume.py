"""An interrupted run that is resumed equals one that was never stopped, bit for bit (on the CPU, same threads)."""

import csv
import json
import shutil
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.training.callbacks import Callback, StopRequest, TrainingStopped
from keras_cnn_course.training.resume import ResumeSettings, resume
from keras_cnn_course.training.trainer import TrainingSettings, train

# 130 steps an epoch, so that an epoch has four segments; dropout, batch normalisation, momentum and augmentation.
RECIPE = '''"""Small, with all that is random or has a state."""

import keras
from keras import layers

from keras_cnn_course.catalog.hyperparameters import Hyperparameters

HYPERPARAMETERS = Hyperparameters(epochs=2, batch_size=10, learning_rate=0.02, units=8, augment="shift")


def build_model(hyperparameters, input_shape, num_classes):
    image = keras.Input(input_shape, name="image")
    features = layers.Flatten()(layers.AveragePooling2D(4)(image))
    features = layers.BatchNormalization()(layers.Dense(hyperparameters.units, activation="relu")(features))
    features = layers.Dropout(0.4)(features)
    model = keras.Model(image, layers.Dense(num_classes, activation="softmax")(features))
    model.compile(keras.optimizers.SGD(hyperparameters.learning_rate, momentum=0.9), "sparse_categorical_crossentropy")
    return model
'''
TIMES = ("seconds", "fit_seconds", "images_per_second")


class StopAfter(Callback):
    """Asks to stop once so many images of the whole training have been seen."""

    def __init__(self, images):
        self.images, self.stop, self.warnings = images, StopRequest(), []

    def on_progress(self, epoch, scores):
        if (epoch - 1) * 1295 + scores.images >= self.images:
            self.stop.signal = signal.SIGTERM

    def on_warning(self, text):
        self.warnings.append(text)


def begin(started, digits, out, *, callback=None, **settings):
    recipe = out.parent / "small.py"
    recipe.write_text(RECIPE)
    return train(
        find_recipe(str(recipe)),
        digits,
        TrainingSettings(out=out, precision="float32", **settings),
        backend=started,
        callback=callback,
        stop=getattr(callback, "stop", None),
    )


def go_on(started, digits, path, *, callback=None, **settings):
    resume(
        RunDirectory.open(path),
        digits,
        ResumeSettings(**settings),
        backend=started,
        callback=callback,
        stop=getattr(callback, "stop", None),
    )


def stopped(started, digits, out, images, **settings):
    with pytest.raises(TrainingStopped) as caught:
        begin(started, digits, out, callback=StopAfter(images), **settings)
    assert caught.value.exit_code == 143
    return caught.value


def results_of(path):
    """Return everything in a run folder that does not depend on the clock."""
    run = RunDirectory.open(path)
    lines = (path / "history.csv").read_text().splitlines()
    rows = [{name: value for name, value in row.items() if name not in TIMES} for row in csv.DictReader(lines)]
    metrics = {name: value for name, value in run.read_metrics().items() if name not in TIMES}
    models = [run.load_model(which) for which in ("best", "final")]
    arrays = [[np.asarray(value) for value in (*model.weights, *model.optimizer.variables)] for model in models]
    return rows, metrics, arrays


def assert_same_results(first, second):
    rows, metrics, arrays = results_of(first)
    other_rows, other_metrics, other_arrays = results_of(second)
    assert rows == other_rows
    assert metrics == other_metrics
    for values, others in zip(arrays, other_arrays, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(values, others, strict=True))


@pytest.fixture(scope="module")
def uninterrupted(started, digits, tmp_path_factory):
    return begin(started, digits, tmp_path_factory.mktemp("runs") / "whole").path


@pytest.fixture(scope="module")
def planned(started, digits, tmp_path_factory):
    """A run that was planned with a second cycle of one epoch."""
    return begin(started, digits, tmp_path_factory.mktemp("runs") / "planned", cycles=(2, 1)).path


@pytest.fixture(scope="module")
def stopped_once(started, digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "stopped"
    stopped(started, digits, path, 500)
    return path


@pytest.fixture
def stopped_run(stopped_once, tmp_path):
    """A run that was stopped after 500 images, for one test to change."""
    return RunDirectory.open(shutil.copytree(stopped_once, tmp_path / "run"))


@pytest.fixture
def finished_run(uninterrupted, tmp_path):
    """The uninterrupted run, for one test to change."""
    return RunDirectory.open(shutil.copytree(uninterrupted, tmp_path / "run"))


@pytest.mark.slow
@pytest.mark.parametrize("images", [1295, 2400])
def test_a_stopped_run_ends_like_one_that_was_not(started, digits, tmp_path, uninterrupted, images):
    message = str(stopped(started, digits, tmp_path / "run", images))
    assert message.endswith(f"Resume with: kcnn train --resume {tmp_path / 'run'}")
    record = RunDirectory.open(tmp_path / "run").read_record()
    assert record.status == "interrupted"
    go_on(started, digits, tmp_path / "run")
    assert_same_results(tmp_path / "run", uninterrupted)
    health, others = (RunDirectory.open(path).read_health() for path in (tmp_path / "run", uninterrupted))
    assert [replace(row, layer="") for row in health] == [replace(row, layer="") for row in others] != []
    again = RunDirectory.open(tmp_path / "run").read_record()
    assert (again.status, again.started, len(again.resumed)) == ("finished", record.started, 1)
    assert again.resumed[0]["changed"] == []


NOISE = """

class Noise(layers.Layer):
    def call(self, x, training=False):
        return x + 0.3 * RANDOM.normal(keras.ops.shape(x)) if training else x
"""


@pytest.fixture
def noisy(tmp_path):
    """A function that writes the recipe with a layer that adds noise, drawn with a module, and returns the file."""

    def write(module):
        head, middle, tail = RECIPE.partition("\n\ndef build_model")
        text = head.replace("import keras\n", "import keras\nimport tensorflow as tf\n")
        text += NOISE.replace("RANDOM", module) + middle + tail.replace("layers.Dropout(0.4)", "Noise()")
        (tmp_path / "noisy.py").write_text(text)
        return find_recipe(str(tmp_path / "noisy.py"))

    return write


def test_noise_without_a_seed_is_continued(started, digits, noisy, tmp_path):
    callback = StopAfter(2000)
    settings = {"precision": "float32", "overrides": {"epochs": 2}}
    whole = train(noisy("keras.random"), digits, TrainingSettings(out=tmp_path / "whole", **settings), backend=started)
    with pytest.raises(TrainingStopped):
        train(
            noisy("keras.random"),
            digits,
            TrainingSettings(out=tmp_path / "run", **settings),
            backend=started,
            callback=callback,
            stop=callback.stop,
        )
    go_on(started, digits, tmp_path / "run")
    assert RunDirectory.open(tmp_path / "run").read_history()["loss"] == whole.read_history()["loss"]


def test_noise_that_cannot_be_continued_is_announced(started, digits, noisy, tmp_path):
    callback = StopAfter(0)
    settings = TrainingSettings(out=tmp_path / "run", precision="float32")
    with pytest.raises(TrainingStopped):
        train(noisy("tf.random"), digits, settings, backend=started, callback=callback, stop=callback.stop)
    (warning,) = [text for text in callback.warnings if "tf.random" in text]
    assert warning.endswith("resumed, it will end differently. Use keras.random instead.")


def test_an_own_schedule_that_starts_anew_is_announced(started, digits, tmp_path):
    recipe = tmp_path / "decay.py"
    rate = "keras.optimizers.schedules.CosineDecay(hyperparameters.learning_rate, 130 * hyperparameters.epochs)"
    text = RECIPE.replace("units=8,", 'units=8, schedule="constant",')
    recipe.write_text(text.replace("SGD(hyperparameters.learning_rate", f"SGD({rate}"))
    settings = TrainingSettings(out=tmp_path / "run", precision="float32", overrides={"epochs": 1})
    train(find_recipe(str(recipe)), digits, settings, backend=started)
    callback = StopAfter(10**9)
    go_on(started, digits, tmp_path / "run", epochs=2, callback=callback)
    change = "a learning rate of 0.01 instead of 0, because the optimizer's CosineDecay depends on the number of epochs"
    assert f"Resuming with {change}." in callback.warnings
    assert RunDirectory.open(tmp_path / "run").read_record().resumed[0]["changed"] == [change]


@pytest.mark.slow
def test_a_run_stopped_after_every_segment_ends_like_one_that_was_not(started, digits, tmp_path):
    begin(started, digits, tmp_path / "whole", overrides={"epochs": 1})
    stopped(started, digits, tmp_path / "run", 1, overrides={"epochs": 1})
    stops = 0
    while RunDirectory.open(tmp_path / "run").read_record().status != "finished" and stops < 10:
        try:
            go_on(started, digits, tmp_path / "run", callback=StopAfter(1))
        except TrainingStopped:
            stops += 1
    assert stops == 2
    assert_same_results(tmp_path / "run", tmp_path / "whole")


@pytest.mark.slow
def test_a_run_without_a_checkpoint_begins_anew(started, digits, tmp_path, uninterrupted):
    callback = StopAfter(0)
    callback.stop.signal = signal.SIGINT
    with pytest.raises(TrainingStopped):
        begin(started, digits, tmp_path / "run", callback=callback)
    assert not RunDirectory.open(tmp_path / "run").checkpoint_files()
    go_on(started, digits, tmp_path / "run")
    assert_same_results(tmp_path / "run", uninterrupted)


@pytest.mark.parametrize("missing", [["metrics.json"], ["metrics.json", "best.keras", "model.keras"]])
def test_a_run_killed_before_its_results_gets_them(started, digits, finished_run, uninterrupted, missing):
    run = finished_run
    run.write_record(replace(run.read_record(), status="running"))
    for name in missing:
        (run.path / name).unlink()
    go_on(started, digits, run.path)
    assert_same_results(run.path, uninterrupted)


def truncate(file):
    file.write_bytes(file.read_bytes()[:-1000])


@pytest.mark.slow
def test_a_torn_checkpoint_falls_back_to_the_one_before(started, digits, tmp_path, uninterrupted):
    stopped(started, digits, tmp_path / "run", 2000, checkpoint_every=0)
    files = RunDirectory.open(tmp_path / "run").checkpoint_files()
    assert len(files) == 2
    truncate(files[0])
    callback = StopAfter(10**9)
    go_on(started, digits, tmp_path / "run", callback=callback)
    assert callback.warnings[:1] == [
        f"{files[0]} is damaged and will be removed. Resuming from the checkpoint before it."
    ]
    assert_same_results(tmp_path / "run", uninterrupted)


def test_no_whole_checkpoint_is_explained(started, digits, stopped_run):
    (file,) = stopped_run.checkpoint_files()
    truncate(file)
    with pytest.raises(RunError, match=rf"is damaged: {file.name}\..*remove it to train from the beginning"):
        go_on(started, digits, stopped_run.path)
    assert file.exists()


@pytest.mark.slow
def test_a_finished_run_is_made_longer_by_another_cycle(started, digits, finished_run, planned, uninterrupted):
    run = finished_run
    go_on(started, digits, run.path, epochs=3)
    assert_same_results(run.path, planned)
    record, history = run.read_record(), run.read_history()
    assert (record.cycles, record.status, history["epoch"]) == ((2, 1), "finished", [1, 2, 3])
    assert history["loss"][:2] == RunDirectory.open(uninterrupted).read_history()["loss"]
    assert history["learning_rate"][2] < 0.1 * 0.02
    assert record.hyperparameters["epochs"] == 3
    with pytest.raises(UsageError, match="Use `epochs=3` or more; got 2"):
        go_on(started, digits, run.path, epochs=2)


@pytest.mark.slow
def test_a_stopped_run_is_made_longer_alike(started, digits, stopped_run, planned):
    with pytest.raises(TrainingStopped):
        go_on(started, digits, stopped_run.path, epochs=3, callback=StopAfter(3000))
    assert not (stopped_run.path / "metrics.json").exists()
    go_on(started, digits, stopped_run.path)
    assert_same_results(stopped_run.path, planned)


def test_results_are_removed_while_a_run_is_made_longer(started, digits, finished_run):
    run = finished_run
    with pytest.raises(TrainingStopped):
        go_on(started, digits, run.path, epochs=3, callback=StopAfter(0))
    assert run.read_record().status == "interrupted"
    assert not (run.path / "metrics.json").exists()


def change_recipe(path, digits):
    recipe = path / "recipe.py"
    recipe.write_text(recipe.read_text().replace("Dropout(0.4", "Dropout(0.5"))
    return digits


def change_record(name, value):
    def change(path, digits):
        values = json.loads((path / "run.json").read_text())
        values[name] = {**values[name], **value} if isinstance(value, dict) else value
        (path / "run.json").write_text(json.dumps(values))
        return digits

    return change


def change_images(path, digits):
    images = digits.x_train.copy()
    images[0, 14, 14] ^= 1
    return replace(digits, x_train=images)


CHANGES = [
    (change_recipe, "recipe: SHA-256"),
    (change_images, "data set: SHA-256"),
    (change_record("hyperparameters", {"learning_rate": 0.5}), "learning_rate: 0.02, now 0.5"),
    (change_record("seed", 7), "seed: 0, now 7"),
    (change_record("precision", "bfloat16"), "precision: float32, now bfloat16"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_what_has_changed_is_refused(started, digits, stopped_run, tmp_path, change, message):
    changed = change(stopped_run.path, digits)
    before = {file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file.name != ".lock"}
    with pytest.raises(RunError, match=message):
        go_on(started, changed, stopped_run.path)
    after = {file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file.name != ".lock"}
    assert before == after, "a refused run is not touched"


def test_what_has_changed_is_used_and_recorded_by_force(started, digits, stopped_run):
    for change, _ in CHANGES:
        digits = change(stopped_run.path, digits)
    callback = StopAfter(10**9)
    go_on(started, digits, stopped_run.path, force=True, callback=callback)
    record = stopped_run.read_record()
    assert record.status == "finished"
    for _, message in CHANGES:
        assert message in callback.warnings[0]
        assert any(message in change for change in record.resumed[0]["changed"])


def test_another_version_is_refused(started, digits, stopped_run, monkeypatch):
    monkeypatch.setattr("keras.__version__", "3.15.9")
    with pytest.raises(RunError, match=r"keras: 3\.15\.\d, now 3\.15\.9"):
        go_on(started, digits, stopped_run.path)


def test_another_model_cannot_be_resumed_by_force(started, digits, stopped_run):
    change_record("hyperparameters", {"units": 9})(stopped_run.path, digits)
    with pytest.raises(RunError, match="not even with `force=True`"):
        go_on(started, digits, stopped_run.path, force=True)


@pytest.mark.slow
def test_a_clock_that_jumps_changes_nothing(started, digits, tmp_path, uninterrupted, monkeypatch):
    jumps, now = iter(range(10**6)), time.time()
    monkeypatch.setattr(time, "time", lambda: now + (-1) ** next(jumps) * 1e8)
    stopped(started, digits, tmp_path / "run", 500)
    go_on(started, digits, tmp_path / "run")
    assert_same_results(tmp_path / "run", uninterrupted)


@pytest.mark.slow
def test_a_run_of_version_0_1_has_the_epochs_of_its_cycles(started, digits, tmp_path):
    """Version 0.1 recorded the recipe's epochs, and min_steps made the run longer."""
    stopped(started, digits, tmp_path / "run", 500, overrides={"epochs": 1, "min_steps": 259})
    change_record("hyperparameters", {"epochs": 1})(tmp_path / "run", digits)
    record = RunDirectory.open(tmp_path / "run").read_record()
    assert (record.hyperparameters["epochs"], record.hyperparameters["min_steps"], record.cycles) == (2, 259, (2,))
    go_on(started, digits, tmp_path / "run", epochs=3)
    written = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (written["hyperparameters"]["epochs"], written["cycles"]) == (3, [2, 1])
    assert RunDirectory.open(tmp_path / "run").read_metrics()["epochs"] == 3
