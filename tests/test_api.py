"""The public functions: `import keras_cnn_course as kcnn`."""

import importlib.util
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import keras_cnn_course as kcnn
from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.inspection.run import Run
from keras_cnn_course.runs.directory import RunDirectory


def test_importing_it_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time\n"
        "began = time.perf_counter()\n"
        "import keras_cnn_course as kcnn\n"
        "seconds = time.perf_counter() - began\n"
        "kcnn.Hyperparameters\n"
        "print(seconds, *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    # The quickest of five: other processes share the machine.
    outputs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(5)]
    assert min(float(output.split()[0]) for output in outputs) < 0.05
    assert not {"tensorflow", "keras", "numpy", "matplotlib", "click"} & set(outputs[0].split()[1:])


def test_every_public_name_exists_and_is_listed():
    for name in kcnn.__all__:
        assert getattr(kcnn, name) is not None
        assert name in dir(kcnn)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        kcnn.trian  # noqa: B018


def test_no_public_name_is_also_a_room():
    """Python replaces the attribute of a package by its module of the same name, as soon as that is imported."""
    functions = set(kcnn.__all__) - {"errors", "lecture", "__version__"}
    assert [name for name in functions if importlib.util.find_spec(f"keras_cnn_course.{name}")] == []


def test_training_returns_the_run_that_open_run_reads(started, tmp_path, capsys):
    run = kcnn.train("softmax", epochs=2, precision="float32", out=tmp_path / "runs" / "first")
    assert run.history["epoch"] == [1, 2]
    assert run.metrics["epochs"] == 2
    assert run.record.command == "kcnn.train('softmax', 'digits', seed=0, epochs=2)"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "epoch 2/2  loss" in printed.err
    assert printed.err.endswith(f"{run}\n")
    assert str(run).startswith(f"test accuracy {run.metrics['test_accuracy']:.2%}")
    again = kcnn.open_run(str(run.path))
    assert again.metrics == run.metrics
    assert [each.path for each in kcnn.list_runs(tmp_path / "runs")] == [run.path]
    correct = again.model.predict(again.dataset.x_test / np.float32(255), verbose=0).argmax(1) == again.dataset.y_test
    assert correct.mean() == pytest.approx(run.metrics["test_accuracy"])


def test_it_trains_as_the_command_does(started, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from keras_cnn_course.cli import kcnn as command_line

    monkeypatch.chdir(tmp_path)
    words = ["train", "--recipe", "softmax", "--epochs", "2", "--seed", "3", "--precision", "float32", "--out", "typed"]
    assert CliRunner().invoke(command_line, words).exit_code == 0
    called = kcnn.train("softmax", kcnn.load_dataset("digits"), epochs=2, seed=3, precision="float32", quiet=True)
    assert called.path.as_posix() == "runs/softmax-001"
    typed = kcnn.open_run("typed")
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
        assert called.history[name] == typed.history[name]
    assert called.record.hyperparameters == typed.record.hyperparameters


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ({"epoch": 3}, UsageError, "Did you mean 'epochs'?"),
        ({"epochs": 0}, UsageError, "epochs"),
        ({"data": "mnst"}, UsageError, "Did you mean 'mnist'?"),
        ({"out": "occupied"}, RunError, "never overwritten"),
    ],
)
def test_wrong_values_are_refused_before_anything_is_written(values, kind, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "occupied").mkdir()
    (tmp_path / "occupied" / "file").write_text("kept")
    with pytest.raises(kind, match=message.replace("?", r"\?")):
        kcnn.train("softmax", **values)
    assert [path.name for path in tmp_path.iterdir()] == ["occupied"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kcnn.train(seed=None), "seed must be a whole number from 0 to 2147483647; got None"),
        (lambda: kcnn.train(seed=True), "seed must be a whole number"),
        (lambda: kcnn.train(seed="0"), "seed must be a whole number"),
        (lambda: kcnn.train(seed=1.5), "seed must be a whole number"),
        (lambda: kcnn.train(seed=2**40), "seed must be a whole number"),
        (lambda: kcnn.find_rate(seed=-1), "seed must be a whole number"),
        (lambda: kcnn.audit(seed=-1), "seed must be a whole number"),
        (lambda: kcnn.audit(recipe="softmax", folds=2.5), "The number of folds must be a whole number from 2 to 1797"),
        (lambda: kcnn.fetch_dataset("digits", timeout="30"), "timeout must be a number of at least 0; got '30'"),
        (lambda: kcnn.slide("convolution", step="3"), "The step of slide convolution must be a whole number from 1"),
        (lambda: kcnn.train(checkpoint_every="60"), "checkpoint_every must be a number of at least 0; got '60'"),
        (lambda: kcnn.train(None), "The recipe must be a name, a path or a build_model function; got None"),
        (lambda: kcnn.train(kcnn.Dataset), "The recipe must be a name, a path or a build_model function; got <class"),
        (lambda: kcnn.show(3), "The recipe must be a path, as text or as a pathlib.Path; got 3"),
        (lambda: kcnn.train(out=3), "`out=` must be a path"),
        (lambda: kcnn.open_run(None), "The run must be a path, as text or as a pathlib.Path; got None"),
        (lambda: kcnn.list_runs(None), "The folder must be a path"),
        (lambda: kcnn.compare(["runs/cnn-001", "runs/cnn-002"]), "Each run must be a path"),
        (lambda: kcnn.shift(None), "Each run must be a path"),
        (lambda: kcnn.load_dataset((np.zeros((4, 8, 8)), [0, 1, 0, 1])), "The data set must be a path"),
        (lambda: kcnn.load_dataset("digits", image_size=32), "`image_size=` must be height and width, two"),
        (lambda: kcnn.load_dataset("digits", image_size="32x32"), "`image_size=` must be height and width, two"),
        (lambda: kcnn.load_dataset("digits", image_size=(32, 0)), "`image_size=` must be height and width, two"),
        (lambda: kcnn.load_dataset("d.npz", pixel_range="-1:1"), "`pixel_range=` must be two numbers, such as"),
        (lambda: kcnn.resume("runs/cnn-001", epochs="3"), "epochs must be a whole number from 1 to 100000; got '3'"),
        (lambda: kcnn.import_weights(None), "The file of weights must be a path"),
    ],
)
def test_a_wrong_argument_is_explained(call, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value).startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with pytest.raises(RunError, match=r"^.*run does not exist") as caught:
        kcnn.open_run("~/run")
    assert str(tmp_path / "run") in str(caught.value)
    (tmp_path / "mine.py").write_text("x = 1\n")
    assert find_recipe("~/mine.py").path == find_recipe("~/mine").path == tmp_path / "mine.py"


def test_a_single_keras_callback_is_accepted(started, tmp_path):
    import keras

    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    run = kcnn.train("softmax", epochs=np.int64(1), out=tmp_path / "run", quiet=True, callbacks=callback)
    assert (seen, run.record.callbacks) == ([0], ("LambdaCallback",))
    assert run.record.command == "kcnn.train('softmax', 'digits', seed=0, epochs=1)"


def test_no_run_folder(tmp_path):
    with pytest.raises(RunError, match="run"):
        kcnn.open_run(tmp_path)
    assert kcnn.list_runs(tmp_path / "nothing") == []


def test_a_model_is_loaded_once_and_the_final_one_on_request(trained_run):
    run = kcnn.open_run(trained_run.path)
    assert run.model is run.model
    with run.open_model("final", device="cpu") as final:
        assert final.count_params() == run.metrics["parameters"]


def test_a_run_that_has_not_finished_can_be_printed(trained_run, tmp_path):
    shutil.copytree(trained_run.path, tmp_path / "run")
    values = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps({**values, "status": "interrupted"}))
    (tmp_path / "run" / "metrics.json").unlink()
    (run,) = kcnn.list_runs(tmp_path)
    assert str(run).startswith(
        f"This run has not finished (interrupted). Continue it: kcnn.resume({str(tmp_path / 'run')!r})\n"
    )


def test_the_data_of_the_training_keep_their_range(trained_run, digits):
    run = Run(RunDirectory.open(trained_run.path), dataset=digits)
    with pytest.raises(UsageError, match="`pixel_range=` needs another data set than the run's own"):
        run.load_dataset(pixel_range=(0, 16))


def test_a_hyperparameter_may_have_the_name_of_a_parameter(started, tmp_path):
    from keras_cnn_course.catalog.recipes import find_recipe

    text = (
        find_recipe("softmax")
        .text.replace(
            "HYPERPARAMETERS = kcnn.Hyperparameters(",
            "class Mine(kcnn.Hyperparameters):\n    seed: int = 1\n\n\nHYPERPARAMETERS = Mine(",
        )
        .replace("class Mine", "@dataclass(frozen=True, kw_only=True)\nclass Mine")
    )
    text = text.replace("import keras\n", "from dataclasses import dataclass\nimport keras\n", 1)
    (tmp_path / "mine.py").write_text(text)
    values = {"epochs": 1, "precision": "float32", "out": tmp_path / "run", "quiet": True}
    run = kcnn.train(tmp_path / "mine.py", seed=2, overrides={"seed": "7"}, **values)
    assert (run.record.seed, run.record.hyperparameters["seed"]) == (2, 7)


@pytest.mark.slow
def test_a_run_on_arrays_is_verified_with_the_arrays(started, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    arrays = images, np.arange(40) % 2
    kcnn.train("softmax", arrays, epochs=1, out=tmp_path / "run", quiet=True)
    assert kcnn.open_run(tmp_path / "run").verify(arrays, quiet=True).agrees
