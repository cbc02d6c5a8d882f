from dataclasses import replace
from functools import cache

import keras
import numpy as np
import pytest
from keras import layers

from keras_cnn_course.errors import RunError, TrainingError
from keras_cnn_course.runs.directory import RunDirectory, RunRecord
from keras_cnn_course.training import checkpoint
from keras_cnn_course.training.checkpoint import TrainingState
from keras_cnn_course.training.engine import Engine, Scores

RECORD = RunRecord(
    recipe="cnn",
    hyperparameters={
        "epochs": 4,
        "learning_rate": 1 / 3,
        "plain_epochs": 0,
        "class_weight": "none",
        "patience": 0,
        "keep": "best",
        "train_examples": 0,
    },
    dataset="digits",
    dataset_sha256="0" * 64,
    input_shape=(8, 8, 1),
    class_names=("0", "1"),
    train_examples=10,
    val_examples=2,
    seed=0,
    command="kcnn train",
    device="cpu",
    threads=2,
    precision="float32",
    engine="compiled steps",
    cycles=(3, 1),
)
ROW = {"epoch": 1, "loss": 0.1, "accuracy": 0.5, "val_loss": 1 / 3, "val_accuracy": 0.5, "learning_rate": 1e-7}


def make_engine(optimizer="adam", units=3, **dense):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Flatten(),
            layers.Dense(units, **dense),
            layers.BatchNormalization(),
            layers.Dropout(0.5, seed=7),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy")
    engine = Engine(model, batch_size=5)
    engine.load(np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), np.uint8), np.arange(20) % 2)
    return engine


@pytest.fixture
def run(tmp_path):
    return RunDirectory.create("cnn", tmp_path / "run", record=RECORD, source="")


def state_of(engine):
    return [np.asarray(value) for value in (*engine.model.variables, *engine.optimizer.variables)]


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "adamw"])
def test_every_variable_comes_back_as_it_was(started, run, optimizer):
    engine = make_engine(optimizer)
    state = TrainingState([ROW], best_epoch=1, scores=Scores(1 / 3, correct=7, images=20), epoch_seconds=0.25)
    engine.train(np.arange(20))
    state.best_weights = [weight + 1 for weight in engine.model.get_weights()]
    checkpoint.write(run, checkpoint.take(engine, state, RECORD), step=4)
    other = make_engine(optimizer)
    saved, damaged = checkpoint.read_newest(run)
    again = checkpoint.restore(other, saved)
    assert damaged == []
    assert saved.record == RECORD
    assert all(np.array_equal(a, b) for a, b in zip(state_of(engine), state_of(other), strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(state.best_weights, again.best_weights, strict=True))
    assert replace(again, best_weights=[]) == replace(state, best_weights=[])
    # The generator of the dropout has moved on, and goes on from there.
    assert engine.train(np.arange(20)) == other.train(np.arange(20))


def test_variables_of_16_bits_come_back(started, run):
    engine = make_engine("sgd", dtype="bfloat16")
    kernel = engine.model.layers[1].kernel
    assert kernel.dtype == "bfloat16"
    checkpoint.write(run, checkpoint.take(engine, TrainingState([ROW], best_epoch=1), RECORD), step=1)
    other = make_engine("sgd", dtype="bfloat16")
    checkpoint.restore(other, checkpoint.read_newest(run)[0])
    assert np.array_equal(np.asarray(kernel), np.asarray(other.model.layers[1].kernel))


def test_the_best_weights_are_stored_once(started, run):
    engine = make_engine()
    best = [weight * 2 for weight in engine.model.get_weights()]
    now, earlier = TrainingState([ROW], best_epoch=1), TrainingState([ROW, ROW], best_epoch=1, best_weights=best)
    assert checkpoint.take(engine, now, RECORD).arrays["best"] == []
    assert len(checkpoint.take(engine, earlier, RECORD).arrays["best"]) == len(best)
    checkpoint.write(run, checkpoint.take(engine, now, RECORD), step=1)
    again = checkpoint.restore(make_engine(), checkpoint.read_newest(run)[0])
    assert all(np.array_equal(a, b) for a, b in zip(again.best_weights, engine.model.get_weights(), strict=True))


def test_two_generations_are_kept(started, run):
    engine = make_engine()
    for step in (3, 6, 9, 12):
        checkpoint.write(run, checkpoint.take(engine, TrainingState([ROW], best_epoch=1), RECORD), step=step)
    assert [file.name for file in run.checkpoint_files()] == ["step-00000012.npz", "step-00000009.npz"]


def test_a_torn_file_is_noticed_wherever_it_ends(started, run):
    engine = make_engine()
    for step in (1, 2):
        checkpoint.write(run, checkpoint.take(engine, TrainingState([ROW], best_epoch=1), RECORD), step=step)
    newest = run.checkpoint_files()[0]
    whole = newest.read_bytes()
    for length in np.linspace(0, len(whole) - 1, 50).astype(int):
        newest.write_bytes(whole[:length])
        assert checkpoint.read_newest(run)[1] == [newest]


# NumPy raises ValueError for the first, and lets tokenize's own error through for the second.
@pytest.mark.parametrize(("written", "wrong"), [(b"'shape': (", b"'shape': ["), (b"), }", b" , }")])
def test_a_header_that_cannot_be_parsed_is_noticed(run, written, wrong):
    file = run.checkpoint_file(1)
    file.parent.mkdir(exist_ok=True)
    # Large enough that the header is parsed before the archive's checksum has seen the end of the member.
    np.savez(file, weights=np.zeros((100, 100)))
    assert file.read_bytes().count(written) == 1
    file.write_bytes(file.read_bytes().replace(written, wrong))
    with pytest.raises(RunError, match="damaged"):
        checkpoint.read_newest(run)


@pytest.mark.slow
def test_a_wrong_bit_is_noticed_wherever_it_matters(started, run):
    engine = make_engine()
    for step in (1, 2):
        checkpoint.write(run, checkpoint.take(engine, TrainingState([ROW], best_epoch=1), RECORD), step=step)
    newest = run.checkpoint_files()[0]
    whole, noticed = newest.read_bytes(), 0
    for place in np.random.default_rng(0).choice(len(whole), 200, replace=False):
        newest.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        saved, damaged = checkpoint.read_newest(run)
        noticed += bool(damaged)
        # What is not noticed (a date in the archive's directory) changes nothing that is read.
        other = make_engine_once()
        checkpoint.restore(other, saved)
        assert saved.record == RECORD
        assert all(np.array_equal(a, b) for a, b in zip(state_of(engine), state_of(other), strict=True))
    assert noticed > 100


@cache
def make_engine_once():
    return make_engine()


def test_nothing_is_unpacked_or_unpickled(started, run):
    engine = make_engine()
    checkpoint.write(run, checkpoint.take(engine, TrainingState([ROW], best_epoch=1), RECORD), step=1)
    (file,) = run.checkpoint_files()
    for write in (
        lambda: np.savez_compressed(file, about=np.zeros(10**7)),
        lambda: np.savez(file, about=np.array([{}], dtype=object)),
    ):
        write()
        with pytest.raises(RunError, match=r"is damaged: step-00000001\.npz"):
            checkpoint.read_newest(run)


def test_no_checkpoint_yet(run):
    assert checkpoint.read_newest(run) == (None, [])


def test_weights_that_are_not_numbers_are_not_written(started, run):
    engine, now = make_engine(), TrainingState([ROW], best_epoch=1)
    later = TrainingState([ROW, ROW], best_epoch=1, best_weights=engine.model.get_weights(), scores=Scores(1.0, 2, 5))
    whole = checkpoint.take(engine, now, RECORD)
    engine.model.layers[1].kernel.assign(np.full((64, 3), np.nan))
    with pytest.raises(TrainingError, match=r"infinite or not numbers after epoch 1\. Try a smaller `learning_rate=`"):
        checkpoint.write(run, checkpoint.take(engine, now, RECORD), step=4)
    assert run.checkpoint_files() == []
    checkpoint.write(run, whole, step=4)
    with pytest.raises(TrainingError, match=r"in epoch 3\. The last checkpoint and the best model are kept\. Try"):
        checkpoint.write(run, checkpoint.take(engine, later, RECORD), step=9)


def test_another_model_is_refused_unchanged(started, run):
    checkpoint.write(run, checkpoint.take(make_engine(), TrainingState([ROW], best_epoch=1), RECORD), step=1)
    saved, _ = checkpoint.read_newest(run)
    for other in (make_engine(units=4), make_engine("sgd")):
        before = state_of(other)
        with pytest.raises(RunError, match="another model or optimizer"):
            checkpoint.restore(other, saved)
        assert all(np.array_equal(a, b) for a, b in zip(before, state_of(other), strict=True))
