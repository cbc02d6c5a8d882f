import json
from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.api import Run
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
from keras_cnn_course.errors import DatasetError, RunError, TrainingError, UsageError
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.training import checkpoint, loop
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.checkpoint import TrainingState
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.loop import epoch_order
from keras_cnn_course.training.plan import make_plan
from keras_cnn_course.training.progress import ProgressLines
from keras_cnn_course.training.resume import ResumeSettings, resume
from keras_cnn_course.training.trainer import TrainingSettings, train

SMALL = {"epochs": 2, "filters": 4, "units": 16, "augment": "none"}  # as in the fixture trained_run


@pytest.fixture
def train_small(started, digits, tmp_path):
    def train_cnn(name, *, recipe="cnn", callback=None, **settings):
        settings = {"overrides": SMALL, "out": tmp_path / name, "precision": "float32", **settings}
        return train(
            find_recipe(recipe),
            digits,
            TrainingSettings(**settings),
            backend=started,
            callback=callback,
        )

    return train_cnn


def weights_of(run, which="final"):
    return run.load_model(which).get_weights()


def test_the_run_folder_is_complete(trained_run, digits):
    record, metrics, history = trained_run.read_record(), trained_run.read_metrics(), trained_run.read_history()
    assert sorted(path.name for path in trained_run.path.iterdir()) == [
        *[
            ".lock",
            "best.keras",
            "checkpoint",
            "health.csv",
            "history.csv",
            "initial_kernels.npz",
            "metrics.json",
            "model.keras",
        ],
        *["recipe.py", "run.json"],
    ]
    assert record.status == "finished"
    assert record.hyperparameters["filters"] == 4
    assert record.dataset_sha256 == digits.sha256
    assert record.train_examples + record.val_examples == len(digits.x_train)
    assert history["epoch"] == [1, 2]
    assert metrics["test_examples"] == len(digits.x_test)
    assert metrics["parameters"] == trained_run.load_model().count_params()
    assert trained_run.recipe_file.read_text() == find_recipe("cnn").text


def test_the_stated_accuracy_is_what_keras_measures(trained_run, digits):
    loss, accuracy = trained_run.load_model("best").evaluate(
        digits.x_test.astype("float32") / 255, digits.y_test, verbose=0
    )
    metrics = trained_run.read_metrics()
    assert metrics["test_accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert metrics["test_loss"] == pytest.approx(loss, rel=1e-4)


@pytest.fixture
def worse_at_the_end(monkeypatch):
    """Overrides for four epochs, of which the second has the smallest validation loss: the losses are prescribed."""
    evaluate = Engine.evaluate

    def evaluate_as_prescribed(engine, images, labels):
        scores = evaluate(engine, images, labels)
        epoch = round(int(engine.optimizer.iterations) / 3)  # of three steps
        return replace(scores, loss_sum={1: 0.3, 2: 0.2, 3: 0.4, 4: 0.5}[epoch] * scores.images)

    monkeypatch.setattr(Engine, "evaluate", evaluate_as_prescribed)
    return {**SMALL, "epochs": 4, "train_examples": 1200, "batch_size": 400}


def have_equal_weights(run, other, which="best", other_which="final"):
    pairs = zip(weights_of(run, which), weights_of(other, other_which), strict=True)
    return all((a == b).all() for a, b in pairs)


@pytest.mark.slow
def test_no_image_is_changed_in_the_plain_epochs(train_small):
    small = {**SMALL, "train_examples": 200}
    shifted = {**small, "augment": "shift"}
    runs = [train_small(f"{plain}", overrides={**shifted, "plain_epochs": plain}) for plain in (0, 1, 2)]
    losses = [run.read_history()["loss"] for run in runs]
    assert losses[0][0] == losses[1][0]  # the first epoch of both is distorted
    assert losses[0][1] > losses[1][1]
    assert have_equal_weights(runs[2], train_small("none", overrides=small), "final")


@pytest.mark.parametrize(("keep", "epoch"), [("best", 2), ("last", 4)])
def test_the_epoch_that_the_recipe_asks_for_is_kept(train_small, worse_at_the_end, keep, epoch):
    run = train_small("run", overrides={**worse_at_the_end, "keep": keep})
    metrics = run.read_metrics()
    assert run.read_history()["val_loss"] == [0.3, 0.2, 0.4, 0.5]
    assert (metrics["keep"], metrics["best_epoch"]) == (keep, epoch)
    assert metrics["val_accuracy"] == run.read_history()["val_accuracy"][epoch - 1]
    assert have_equal_weights(run, run) == (keep == "last")
    assert ("which has the smallest validation loss" in str(Run(run))) == (keep == "best")


def test_a_training_that_ends_early_keeps_its_best_epoch(train_small, worse_at_the_end):
    run = train_small("run", overrides={**worse_at_the_end, "keep": "last", "patience": 1})
    metrics = run.read_metrics()
    assert (metrics["keep"], metrics["best_epoch"], metrics["epochs"]) == ("best", 2, 3)
    assert not have_equal_weights(run, run)


@pytest.mark.slow
def test_the_last_epoch_is_kept_even_if_a_callback_restores_another(train_small, worse_at_the_end):
    class Restore(Callback):
        def on_train_begin(self, start):
            self.model, self.first = start.model, start.model.get_weights()

        def on_train_end(self):
            self.model.set_weights(self.first)

    settings = {"overrides": {**worse_at_the_end, "keep": "last"}}
    plain, restored = train_small("plain", **settings), train_small("restored", callback=Restore(), **settings)
    assert have_equal_weights(restored, plain, other_which="best")
    assert not have_equal_weights(restored, plain, which="final")


@pytest.mark.slow
def test_a_run_that_was_stopped_and_resumed_keeps_its_last_epoch(train_small, worse_at_the_end, started, digits):
    class StopInTheThird(Callback):
        def on_epoch_begin(self, epoch):
            if epoch == 3:
                raise KeyboardInterrupt

    settings = {"overrides": {**worse_at_the_end, "keep": "last"}}
    whole = train_small("whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        train_small("stopped", callback=StopInTheThird(), checkpoint_every=0, **settings)
    stopped = RunDirectory(whole.path.with_name("stopped"))
    resume(stopped, digits, ResumeSettings(), backend=started)
    assert have_equal_weights(stopped, whole)
    assert stopped.read_metrics()["best_epoch"] == 4


def test_the_test_images_are_read_once_after_the_model_is_chosen(train_small, digits, monkeypatch):
    evaluated = []
    evaluate = Engine.evaluate
    monkeypatch.setattr(
        Engine, "evaluate", lambda engine, x, y: (evaluated.append(x is digits.x_test), evaluate(engine, x, y))[1]
    )
    train_small("run")
    assert evaluated == [False, False, True]  # two epochs on the validation images, then the test images


@pytest.mark.slow
def test_other_test_images_give_the_same_model(train_small, digits, tmp_path, started):
    run = train_small("run")
    other = replace(digits, x_test=255 - digits.x_test[:50], y_test=digits.y_test[:50])
    settings = TrainingSettings(overrides=SMALL, out=tmp_path / "other", precision="float32")
    changed = train(find_recipe("cnn"), other, settings, backend=started)
    assert changed.read_metrics()["test_accuracy"] != run.read_metrics()["test_accuracy"]
    assert changed.read_history()["val_loss"] == run.read_history()["val_loss"]
    assert all((a == b).all() for a, b in zip(weights_of(changed, "best"), weights_of(run, "best"), strict=True))


@pytest.mark.slow
def test_a_seed_repeats_a_run_bit_for_bit(trained_run, train_small):
    second, other = train_small("second"), train_small("other", seed=1)
    assert all((a == b).all() for a, b in zip(weights_of(trained_run), weights_of(second), strict=True))
    assert any((a != b).any() for a, b in zip(weights_of(trained_run), weights_of(other), strict=True))


def test_each_epoch_has_an_order_of_its_own_that_repeats_with_the_seed():
    first, second = (epoch_order(1000, seed=0, epoch=epoch) for epoch in (1, 2))
    assert (first != second).any()
    assert (first == epoch_order(1000, seed=0, epoch=1)).all()
    assert (first != epoch_order(1000, seed=1, epoch=1)).any()
    assert sorted(first) == list(range(1000))


def test_training_never_looks_at_the_test_images(started, digits, trained_run, tmp_path):
    spoilt = replace(digits, x_test=np.zeros_like(digits.x_test))
    run = train(
        find_recipe("cnn"),
        spoilt,
        TrainingSettings(overrides=SMALL, out=tmp_path / "spoilt", precision="float32"),
        backend=started,
    )
    assert all((a == b).all() for a, b in zip(weights_of(run), weights_of(trained_run), strict=True))


def test_the_test_images_are_read_once(train_small, digits, monkeypatch):
    sizes = []
    evaluate = Engine.evaluate
    monkeypatch.setattr(Engine, "evaluate", lambda self, x, y: (sizes.append(len(x)), evaluate(self, x, y))[1])
    train_small("run")
    assert sizes.count(len(digits.x_test)) == 1
    assert len(sizes) == 3


@pytest.mark.slow
def test_an_interrupted_run_keeps_its_epochs_and_its_best_model(train_small, tmp_path):
    class InterruptInSecondEpoch(Callback):
        def on_progress(self, epoch, scores):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_small("run", callback=InterruptInSecondEpoch())
    folder = tmp_path / "run"
    assert json.loads((folder / "run.json").read_text())["status"] == "interrupted"
    assert (folder / "history.csv").read_text().count("\n") == 2
    assert (folder / "best.keras").is_file()
    assert not (folder / "metrics.json").exists()


def test_a_loss_that_is_not_finite_stops_the_run(train_small, tmp_path):
    diverging = tmp_path / "diverging.py"
    diverging.write_text(find_recipe("cnn").text.replace("layers.Flatten(", "layers.Rescaling(1e38), layers.Flatten("))
    with pytest.raises(TrainingError, match=r"became (nan|inf) in epoch 1, step \d.*smaller `learning_rate=`"):
        train_small("run", recipe=str(diverging), overrides={**SMALL, "schedule": "constant"})
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


@pytest.mark.slow
def test_a_failed_run_that_holds_nothing_is_no_obstacle(train_small, tmp_path):
    diverging = tmp_path / "diverging.py"
    diverging.write_text(find_recipe("cnn").text.replace("layers.Flatten(", "layers.Rescaling(1e38), layers.Flatten("))
    with pytest.raises(TrainingError):
        train_small("run", recipe=str(diverging))
    assert train_small("run").read_record().status == "finished"
    with pytest.raises(RunError, match="never overwritten"):
        train_small("run")


def test_a_model_that_cannot_be_trained_writes_nothing(train_small, tmp_path):
    layer = """
class Eager(keras.layers.Layer):
    def call(self, x, training=False):
        if training and not tensorflow.executing_eagerly():
            raise ValueError("only one step at a time")
        return x
"""
    text = find_recipe("softmax").text.replace("layers.Flatten(", "Eager(), layers.Flatten(")
    broken = tmp_path / "broken.py"
    broken.write_text(text.replace("import keras\n", "import keras\nimport tensorflow\n" + layer, 1))
    with pytest.raises(TrainingError, match=r"cannot be trained on a batch.*only one step at a time"):
        train_small("run", recipe=str(broken), overrides={"epochs": 1})
    assert not (tmp_path / "run").exists()


class NoteStop(Callback):
    """Notes when a training stops early."""

    def __init__(self):
        self.stops = []

    def on_early_stop(self, epoch, best_epoch):
        self.stops.append((epoch, best_epoch))


@pytest.mark.slow
def test_patience_stops_early_and_resumes_exactly(train_small, started, digits):
    settings = {"overrides": {**SMALL, "epochs": 30, "schedule": "constant", "learning_rate": 0.05, "patience": 2}}
    note = NoteStop()
    run = train_small("run", callback=note, **settings)
    losses, metrics = run.read_history()["val_loss"], run.read_metrics()
    best = 1 + losses.index(min(losses))
    assert len(losses) == best + 2 < 30
    assert note.stops == [(best + 2, best)]
    assert (metrics["epochs"], metrics["best_epoch"]) == (best + 2, best)
    assert run.read_record().hyperparameters["patience"] == 2
    with pytest.raises(UsageError, match=f"patience=2 ended this run after epoch {best + 2} of 30"):
        resume(run, digits, ResumeSettings(epochs=40), backend=started)

    class StopBeforeTheEnd(Callback):
        def on_epoch_end(self, row):
            if row["epoch"] == best + 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_small("stopped", callback=StopBeforeTheEnd(), checkpoint_every=0, **settings)
    stopped = RunDirectory(run.path.with_name("stopped"))
    resume(stopped, digits, ResumeSettings(), backend=started)
    assert stopped.read_history()["val_loss"] == losses
    assert all((a == b).all() for a, b in zip(weights_of(stopped, "best"), weights_of(run, "best"), strict=True))


@pytest.mark.slow
def test_a_rare_class_is_not_hidden_by_the_accuracy(started, digits, tmp_path):
    keep_train, keep_test = (
        (labels != 7) | (np.cumsum(labels == 7) <= 4) for labels in (digits.y_train, digits.y_test)
    )
    uneven = replace(
        digits,
        x_train=digits.x_train[keep_train],
        y_train=digits.y_train[keep_train],
        x_test=digits.x_test[keep_test],
        y_test=digits.y_test[keep_test],
    )
    plain = train_on(started, uneven, tmp_path / "plain", epochs=3)
    balanced = train_on(started, uneven, tmp_path / "balanced", epochs=3, class_weight="balanced")
    metrics = plain.read_metrics()
    model = plain.load_model("best")
    answers = model.predict(uneven.x_test.astype("float32") / 255, verbose=0).argmax(axis=-1)
    recalls = [(answers[uneven.y_test == label] == label).mean() for label in range(10)]
    assert metrics["worst_class"] == "7"
    assert metrics["worst_class_accuracy"] == pytest.approx(min(recalls))
    assert metrics["worst_class_examples"] == 4
    assert metrics["balanced_accuracy"] == pytest.approx(np.mean(recalls), abs=1e-6)
    assert balanced.read_record().hyperparameters["class_weight"] == "balanced"
    assert balanced.read_metrics()["balanced_accuracy"] > metrics["balanced_accuracy"]
    assert f"worst class 7: {min(recalls):.2%} of 4 images" in str(Run(plain))


def test_even_classes_have_no_such_line(trained_run):
    assert "worst_class" not in trained_run.read_metrics()
    assert "worst" not in str(Run(trained_run))


def test_balanced_class_weights_are_those_of_scikit_learn(started, digits):
    plan = make_plan(
        find_recipe("softmax"),
        digits,
        overrides={"class_weight": "balanced"},
        seed=0,
        precision="float32",
        backend=started,
    )
    labels = digits.y_train[plan.train_index]
    expected = [len(labels) / (10 * (labels == label).sum()) for label in range(10)]
    np.testing.assert_allclose(plan.class_weights, expected, rtol=1e-6)
    assert plan.class_weights[labels].mean() == pytest.approx(1)


@pytest.mark.slow
def test_averaged_weights_are_validated_saved_and_resumed(train_small, started, digits, tmp_path):
    recipe = tmp_path / "averaged.py"
    recipe.write_text(
        find_recipe("cnn").text.replace(
            "hyperparameters.learning_rate)", "hyperparameters.learning_rate, use_ema=True, ema_momentum=0.8)"
        )
    )
    run = train_small("run", recipe=str(recipe))
    assert have_equal_weights(run, run)
    loss, _ = run.load_model("best").evaluate(digits.x_test.astype("float32") / 255, digits.y_test, verbose=0)
    assert run.read_metrics()["test_loss"] == pytest.approx(loss, rel=1e-4)

    class StopAfterTheFirst(Callback):
        def on_progress(self, epoch, scores):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_small("stopped", recipe=str(recipe), callback=StopAfterTheFirst(), checkpoint_every=0)
    stopped = RunDirectory(tmp_path / "stopped")
    resume(stopped, digits, ResumeSettings(), backend=started)
    for which in ("best", "final"):
        assert all((a == b).all() for a, b in zip(weights_of(stopped, which), weights_of(run, which), strict=True))


def test_an_unknown_hyperparameter_writes_nothing(train_small, tmp_path):
    with pytest.raises(UsageError, match="Did you mean 'filters'"):
        train_small("run", overrides={"filter": 4})
    assert not (tmp_path / "run").exists()


def test_a_run_is_never_overwritten(train_small, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").write_text("kept")
    with pytest.raises(RunError, match="never overwritten"):
        train_small("run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["mine"]


def train_on(started, dataset, out, **overrides):
    return train(
        find_recipe("softmax"),
        dataset,
        TrainingSettings(overrides={"epochs": 2, **overrides}, out=out, precision="float32"),
        backend=started,
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"y_train": lambda data: data.y_train + 1},
            "train labels of digits must be from 0 to 9; they are from 1 to 10",
        ),
        ({"y_test": lambda data: data.y_test - 1}, "test labels of digits must be from 0 to 9; they are from -1 to 8"),
        ({"y_train": lambda data: data.y_train[:-1]}, "train part of digits has 1437 images and 1436 labels"),
        (
            {"x_test": lambda data: data.x_test[:0], "y_test": lambda data: data.y_test[:0]},
            "test part of digits has 0 images",
        ),
        (
            {"x_train": lambda data: data.x_train[:1], "y_train": lambda data: data.y_train[:1]},
            "1 training image, and no class with two",
        ),
    ],
)
def test_data_that_does_not_fit_writes_nothing(started, digits, tmp_path, changes, message):
    spoilt = replace(digits, **{name: change(digits) for name, change in changes.items()})
    with pytest.raises(DatasetError, match=message):
        train_on(started, spoilt, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_pixel_that_is_not_a_number_stops_the_run_at_its_step(started, digits, tmp_path):
    images = digits.x_train.astype("float32")
    images[700, 3, 3] = np.nan
    with pytest.raises(TrainingError, match=r"became nan in epoch 1, step [1-6]\. Try a smaller"):
        train_on(started, replace(digits, x_train=images, x_test=digits.x_test.astype("float32")), tmp_path / "run")


@pytest.mark.parametrize(
    ("seconds", "every", "steps"),
    [(0.1, 60, [18]), (3.5, 60, [6, 12, 18]), (2.0, 60, [12, 18]), (2.0, 1.0, [6, 12, 18])],
)
def test_epochs_end_with_a_checkpoint_if_the_last_is_old_enough(
    started, digits, tmp_path, monkeypatch, seconds, every, steps
):
    class Slow(Callback):
        def on_epoch_end(self, row):
            clock[0] += seconds

    clock, written = [0.0], []
    write = checkpoint.write
    monkeypatch.setattr(loop.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(checkpoint, "write", lambda *a, step: (written.append(step), write(*a, step=step)))
    monkeypatch.setattr(TrainingState, "seconds", 1.0)
    settings = TrainingSettings(overrides={"epochs": 3}, out=tmp_path / "run", checkpoint_every=every)
    train(find_recipe("softmax"), digits, settings, backend=started, callback=Slow())
    assert written == steps


def test_a_diverging_run_keeps_the_last_good_checkpoint(started, digits, tmp_path, monkeypatch):
    scales, evaluate = [np.nan, 1.0], Engine.evaluate
    monkeypatch.setattr(Engine, "evaluate", lambda self, x, y: evaluate(self, x * np.float32(scales.pop()), y))
    dataset = replace(digits, x_train=digits.x_train.astype("float32"), x_test=digits.x_test.astype("float32"))
    settings = TrainingSettings(overrides={"epochs": 3}, out=tmp_path / "run", precision="float32", checkpoint_every=0)
    with pytest.raises(TrainingError, match=r"images after epoch 2\. The last checkpoint and the best model are kept"):
        train(find_recipe("softmax"), dataset, settings, backend=started)
    run = RunDirectory.open(tmp_path / "run")
    assert run.read_record().status == "failed"
    assert [file.name for file in run.checkpoint_files()] == ["step-00000006.npz"]
    assert all(np.isfinite(weight).all() for weight in weights_of(run, "best"))


@pytest.mark.slow
def test_a_run_uses_prints_and_records_the_epochs_that_it_trains(train_small, capsys):
    run = train_small("run", overrides={**SMALL, "epochs": 2, "min_steps": 8}, callback=ProgressLines())
    steps = -(-run.read_record().train_examples // run.read_record().hyperparameters["batch_size"])
    assert run.read_record().hyperparameters["epochs"] == len(run.read_history()["epoch"]) == -(-8 // steps) > 2
    assert f"epochs={-(-8 // steps)}, " in capsys.readouterr().err


@pytest.mark.slow
def test_the_epochs_that_a_user_asks_for_are_trained_exactly(train_small):
    recorded = train_small("run", overrides={**SMALL, "epochs": 1}).read_record()
    assert (recorded.hyperparameters["epochs"], recorded.hyperparameters["min_steps"], recorded.cycles) == (1, 0, (1,))


@pytest.mark.slow
def test_a_loaded_recipe_is_trained_like_its_file(started, digits, trained_run, tmp_path):
    settings = TrainingSettings(overrides=SMALL, out=tmp_path / "loaded", precision="float32")
    run = train(load_recipe(find_recipe("cnn")), digits, settings, backend=started)
    assert all((a == b).all() for a, b in zip(weights_of(run), weights_of(trained_run), strict=True))
