"""Keras callbacks in the engine's training, compared with what Keras's own fit does with them."""

import pytest
from click.testing import CliRunner

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.cli import kcnn
from keras_cnn_course.errors import RunError, TrainingError, UsageError
from keras_cnn_course.results.run_data import load_own_data
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.training.callbacks import Callbacks
from keras_cnn_course.training.keras_callbacks import REFUSED, KerasCallbacks, check_keras_callbacks
from keras_cnn_course.training.resume import ResumeSettings, resume
from keras_cnn_course.training.trainer import TrainingSettings, train

SMALL = {"epochs": 4, "validation_split": 0.1}


@pytest.fixture
def train_softmax(keras, started, digits, tmp_path):
    """A function that trains a softmax classifier with Keras callbacks."""

    def train_it(*callbacks, **overrides):
        receiver = KerasCallbacks(callbacks)
        settings = TrainingSettings(
            overrides={**SMALL, "min_steps": 0, **overrides}, out=tmp_path / "run", callbacks=receiver.names
        )
        return train(find_recipe("softmax"), digits, settings, backend=started, callback=Callbacks([receiver]))

    return train_it


@pytest.fixture
def recorder(keras):
    """A Keras callback that notes what is called, with which epoch and logs."""

    class Recorder(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.calls = []

        def on_train_begin(self, logs=None):
            self.calls.append(("on_train_begin", None, logs))

        def on_epoch_begin(self, epoch, logs=None):
            self.calls.append(("on_epoch_begin", epoch, logs))

        def on_epoch_end(self, epoch, logs=None):
            self.calls.append(("on_epoch_end", epoch, logs))

        def on_train_end(self, logs=None):
            self.calls.append(("on_train_end", None, logs))

    return Recorder()


@pytest.mark.slow
def test_the_calls_are_those_of_fit(keras, train_softmax, recorder, digits):
    run = train_softmax(recorder, epochs=2)
    ours, recorder.calls = recorder.calls, []
    recorder.model.fit(
        digits.x_train[:500] / 255,
        digits.y_train[:500],
        validation_data=(digits.x_test[:100] / 255, digits.y_test[:100]),
        epochs=2,
        verbose=0,
        callbacks=[recorder],
    )
    assert [call[:2] for call in ours] == [call[:2] for call in recorder.calls]
    assert [set(call[2] or {}) for call in ours] == [set(call[2] or {}) for call in recorder.calls]
    history = run.read_history()
    assert [call[2]["val_loss"] for call in ours if call[0] == "on_epoch_end"] == history["val_loss"]


def test_params_and_model_are_set(train_softmax, recorder):
    run = train_softmax(recorder, epochs=1)
    record = run.read_record()
    assert recorder.params["epochs"] == 1
    assert recorder.params["steps"] == -(-record.train_examples // record.hyperparameters["batch_size"])
    assert recorder.model.count_params() == run.read_metrics()["parameters"]


def test_stop_training_ends_after_the_epoch(keras, train_softmax, recorder):
    class Stopping(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    run = train_softmax(Stopping(), recorder)
    assert run.read_record().status == "finished"
    assert run.read_history()["epoch"] == [1, 2]
    assert recorder.calls[-1][0] == "on_train_end"
    assert run.read_health()[-1].epoch == 2, "the layers are measured after the last epoch"


def test_stop_training_at_the_beginning_ends_after_one_epoch(keras, train_softmax):
    class Stopping(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.model.stop_training = True

    run = train_softmax(Stopping())
    assert (run.read_record().status, run.read_history()["epoch"]) == ("finished", [1])


def test_a_callback_that_fails_at_the_beginning_ends_the_run(keras, train_softmax, tmp_path):
    class Failing(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            raise KeyError("no such monitor")

    with pytest.raises(KeyError):
        train_softmax(Failing())
    assert RunDirectory.open(tmp_path / "run").read_record().status == "failed"


def test_early_stopping_of_keras_stops_when_it_would(keras, train_softmax):
    run = train_softmax(keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10))
    assert run.read_metrics()["epochs"] == 2
    said = CliRunner().invoke(kcnn, ["train", "--resume", str(run.path)]).stderr
    assert "A callback ended it 2 epochs early (EarlyStopping). To resume without the callbacks: kcnn train" in said


@pytest.mark.slow
def test_a_changed_learning_rate_takes_effect(keras, train_softmax):
    run = train_softmax(keras.callbacks.LearningRateScheduler(lambda epoch: 0.0), schedule="constant")
    history = run.read_history()
    assert history["learning_rate"] == [0, 0, 0, 0]
    assert len(set(history["val_loss"])) == 1  # a rate of 0 leaves the weights as they are


def test_changed_weights_are_trained_on(keras, train_softmax):
    class Zeroing(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.set_weights([0 * weight for weight in self.model.get_weights()])

    frozen = keras.callbacks.LearningRateScheduler(lambda epoch: 0.0)
    run = train_softmax(Zeroing(), frozen, schedule="constant", epochs=1)
    assert run.read_history()["loss"] == [pytest.approx(2.302585, abs=1e-5)]  # ln 10: all classes alike


def test_a_schedule_is_not_changed_by_a_callback(keras, train_softmax, tmp_path):
    with pytest.raises(UsageError, match=r"ReduceLROnPlateau cannot be used: the learning rate follows .*'one_cycle'"):
        train_softmax(keras.callbacks.ReduceLROnPlateau(), schedule="one_cycle")
    assert not (tmp_path / "run").exists()

    class Halving(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.5 * float(self.model.optimizer.learning_rate)

    with pytest.raises(TrainingError, match=r"Halving has changed the learning rate, but .* schedule='constant'"):
        train_softmax(Halving(), schedule="one_cycle")


@pytest.mark.parametrize("method", REFUSED)
def test_what_needs_a_batch_is_refused_by_name(keras, method):
    callback = type("Mine", (keras.callbacks.Callback,), {method: lambda self, *arguments, **named: None})()
    with pytest.raises(UsageError, match=f"The callback Mine cannot be used: it overrides {method}"):
        check_keras_callbacks([callback])


def test_which_callbacks_of_keras_are_accepted(keras, tmp_path):
    callbacks = keras.callbacks
    check_keras_callbacks(
        [
            callbacks.CSVLogger(tmp_path / "log.csv"),
            callbacks.EarlyStopping(),
            callbacks.History(),
            callbacks.LambdaCallback(on_epoch_end=print),
            callbacks.ModelCheckpoint(tmp_path / "model.keras"),
            callbacks.TerminateOnNaN(),
        ]
    )
    for refused, advice in (
        (callbacks.BackupAndRestore(tmp_path), "kcnn train --resume"),
        (callbacks.TensorBoard(tmp_path), "log='tensorboard'"),
        (callbacks.ModelCheckpoint(tmp_path / "model.keras", save_freq=10), "on_epoch_end"),
        (callbacks.SwapEMAWeights(), "on_test_begin"),
        (callbacks.LambdaCallback(on_train_batch_end=print), "on_train_batch_end"),
    ):
        with pytest.raises(UsageError, match=advice):
            check_keras_callbacks([refused])
    with pytest.raises(UsageError, match=r"callbacks must hold .* got str"):
        check_keras_callbacks(["EarlyStopping"])


def test_resume_says_that_the_callbacks_are_missing(keras, train_softmax, recorder, started):
    run = train_softmax(recorder, epochs=1)
    record = run.read_record()
    assert record.callbacks == ("Recorder",)
    data = load_own_data(record, run=run.path)
    with pytest.raises(RunError, match="callbacks: Recorder, now none"):
        resume(run, data, ResumeSettings(epochs=2), backend=started)
