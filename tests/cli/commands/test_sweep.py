import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from click.testing import CliRunner
from PIL import Image

import keras_cnn_course
from keras_cnn_course.cli import kcnn
from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.atomic import one_writer

QUICK = ["sweep", "--recipe", "softmax", "--precision", "float32", "--device", "cpu"]


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(kcnn, arguments)


@pytest.mark.slow
def test_a_sweep_compares_settings_and_loads_tensorflow_in_its_runs_only(tmp_path, monkeypatch):
    code = (
        "import sys\n"
        "from keras_cnn_course.cli import kcnn\n"
        "if __name__ == '__main__':\n"
        "    kcnn.main(sys.argv[1:], standalone_mode=False)\n"
        "    assert not {'keras', 'tensorflow'} & set(sys.modules)\n"
    )
    arguments = [*QUICK, "--recipe", "mlp", "--grid", "epochs=2", "--seeds", "2", "--jobs", "2", "--threads", "1"]
    monkeypatch.setenv("COLUMNS", "500")
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr

    plan, progress = done.stderr.splitlines()[:4], done.stderr.splitlines()[4:]
    assert plan == [
        "runs      4: 2 settings with 2 seeds each",
        "data      digits",
        "computing 2 at a time on this machine, 1 thread each; device cpu",
        "writing   sweeps/sweep-001",
    ]
    assert [line.split()[0] for line in progress] == ["1/4", "2/4", "3/4", "4/4"]

    folder = tmp_path / "sweeps" / "sweep-001"
    rows = list(csv.DictReader((folder / "sweep.csv").read_text().splitlines()))
    accuracy = {(row["recipe"], row["seed"]): 100 * float(row["test_accuracy"]) for row in rows}
    means, differences, *conclusion, choice = (part.splitlines() for part in done.stdout.split("\n\n"))
    assert [line.split()[:4] for line in means[1:]] == [
        [recipe, "epochs=2", "2", f"{(accuracy[recipe, '0'] + accuracy[recipe, '1']) / 2:.2f}%"]
        for recipe in ("softmax", "mlp")
    ]
    gain = sum(accuracy["mlp", seed] - accuracy["softmax", seed] for seed in "01") / 2
    assert differences[0].startswith("against softmax epochs=2")
    assert differences[1].split()[:4] == ["mlp", "epochs=2", "2", f"{gain:+.2f}"]
    assert any("mlp" in line for part in conclusion for line in part)
    assert choice[0].startswith("Best on the validation images (choose by these, never by the test images): ")
    assert choice[-1] == "sweeps/sweep-001"
    with Image.open(folder / "sweep.png") as picture:
        assert "mlp epochs=2" in picture.info["Description"]
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "recipes", "runs", "sweep.csv", "sweep.png"]

    monkeypatch.chdir(tmp_path)
    called = keras_cnn_course.sweep(
        ("softmax", "mlp"),
        grid={"epochs": [2]},
        seeds=2,
        out="sweeps/sweep-001",
        device="cpu",
        precision="float32",
        quiet=True,
    )
    assert f"{called}\n" == done.stdout
    assert [run.metrics["test_accuracy"] * 100 for run in called.runs] == pytest.approx(
        [accuracy[run.record.recipe, str(run.record.seed)] for run in called.runs]
    )
    assert (called.failed, [one.mean for one in called.differences]) == ([], [pytest.approx(gain / 100)])
    shown = called._repr_html_()
    assert "<pre>setting" in shown
    assert 'alt="Mean test accuracy on digits: ' in shown


@pytest.mark.slow
def test_a_script_may_call_it_at_its_top_level(tmp_path):
    script = tmp_path / "many.py"
    script.write_text(
        "import keras_cnn_course as kcnn\n"
        "print('started')\n"
        "result = kcnn.sweep('softmax', grid={'epochs': [1]}, seeds=1, device='cpu', precision='float32')\n"
        "print(len(result.runs))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "started\n1\n"), done.stderr


def test_what_other_processes_cannot_load_is_refused(digits):
    with pytest.raises(UsageError, match="must be a name or a path; got Dataset"):
        keras_cnn_course.sweep("softmax", digits)
    with pytest.raises(UsageError, match="`seeds=` must be a whole number from 1 to 1000; got 0"):
        keras_cnn_course.sweep("softmax", seeds=0)
    with pytest.raises(UsageError, match="Name at least one recipe"):
        keras_cnn_course.sweep(())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"grid": ["filters=8"]}, r"grid must be a dictionary such as {'filters': \[8, 16\]}; got \['filters=8'\]"),
        ({"grid": "filters=8"}, "grid must be a dictionary"),
        ({"grid": {"filters": "8,many"}}, "filters must be a whole number from 1 to 4096; got 'many'"),
        ({"grid": {"filters": 0}}, "filters must be a whole number from 1 to 4096; got 0"),
        ({"seeds": [0, 1]}, r"`seeds=` must be a whole number from 1 to 1000; got \[0, 1\]"),
        ({"jobs": "2"}, "`jobs=` must be a whole number from 1 to 1024; got '2'"),
        ({"recipes": None}, "The recipe must be a name, a path or a build_model function; got None"),
    ],
)
def test_a_wrong_argument_of_the_function_is_explained(tmp_path, monkeypatch, values, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        keras_cnn_course.sweep(**{"recipes": "cnn", **values})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_failing_run_is_reported_and_does_not_stop_the_rest(invoke, tmp_path):
    from keras_cnn_course.catalog.recipes import find_recipe

    text = find_recipe("softmax").text.replace("    model =", "    assert hyperparameters.batch_size != 7\n    model =")
    (tmp_path / "mine.py").write_text(text)
    arguments = [*QUICK[:1], "--recipe", "mine.py", *QUICK[3:], "--grid", "batch_size=7,100", "--grid", "epochs=1"]
    result = invoke(*arguments, "--seeds", "1", "--json", "--out", "mine")
    assert result.exit_code == 1
    values = json.loads(result.stdout)
    assert [run["status"] for run in values["runs"]] == ["failed", "finished"]
    assert "AssertionError" in values["runs"][0]["error"]
    assert [setting["name"] for setting in values["settings"]] == ["mine batch_size=100 epochs=1"]
    assert values["settings"][0]["interval"] is None
    assert values["differences"] == []
    assert "1 of 2 runs did not finish. The first is mine-batch_size=7-epochs=1-seed=0: " in result.stderr
    assert (tmp_path / "mine" / "sweep.png").is_file()
    (tmp_path / "mine.py").write_text(text + "\n")
    changed = invoke(*arguments, "--out", "mine")
    assert changed.exit_code == 1
    assert "The recipe mine.py or its copy in the sweep, mine/recipes/mine.py, has changed" in changed.stderr


@pytest.mark.slow
def test_errors_of_runs_name_options(invoke, tmp_path):
    result = invoke("sweep", "--recipe", "softmax", "--seeds", "1", "--device", "gpu:99", "--out", "mine")
    assert result.exit_code == 1
    assert result.stderr.count("Use --device cpu, or find out more") == 2  # in the progress and at the end
    assert "Use --device cpu, or find out more" in (tmp_path / "mine" / "sweep.csv").read_text()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"device": "tpu"}, "`device=` must be auto, cpu, gpu or gpu:N, such as gpu:0; got 'tpu'"),
        ({"precision": "fp8"}, "No precision named 'fp8'"),
        ({"ray": 5}, "`ray=` must be local, auto, or HOST:PORT of a cluster's head node; got 5"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_written(tmp_path, monkeypatch, wrong, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=re.escape(message)):
        keras_cnn_course.sweep("softmax", **wrong)
    assert list(tmp_path.iterdir()) == []


def interrupt_when_there(path):
    """Interrupt this process as soon as a file is there."""

    def watch():
        until = time.monotonic() + 60
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, daemon=True).start()


@pytest.mark.slow
def test_ctrl_c_stops_it_and_the_same_command_goes_on(invoke, tmp_path):
    slow = [*QUICK, "--grid", "epochs=300", "--seeds", "2"]
    run = tmp_path / "sweeps" / "sweep-001" / "runs" / "softmax-epochs=300-seed=0"
    interrupt_when_there(run / "history.csv")
    stopped = invoke(*slow)
    assert stopped.exit_code == 130, stopped.output
    assert stopped.stdout == ""
    assert "0/2  softmax epochs=300 seed=0  interrupted\n" in stopped.stderr
    assert "Stopped with 0 of 2 runs finished. Continue with: kcnn " in stopped.stderr
    assert stopped.stderr.endswith(" --out sweeps/sweep-001\n")
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    again = invoke(*slow, "--out", "sweeps/sweep-001", "--quiet")
    assert (again.exit_code, again.stderr) == (0, "")
    assert len(json.loads((run / "run.json").read_text())["resumed"]) == 1
    finished = invoke(*slow, "--out", "sweeps/sweep-001")
    assert (finished.stdout, finished.stderr) == (again.stdout, "")


@pytest.mark.slow
def test_a_stopped_call_says_how_to_continue(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"grid": {"epochs": [300]}, "seeds": 1, "device": "cpu", "precision": "float32", "quiet": True}
    interrupt_when_there(tmp_path / "mine" / "runs" / "softmax-epochs=300-seed=0" / "history.csv")
    with pytest.raises(KeyboardInterrupt, match=r"0 of 1 runs finished. Continue with the same call and out='mine'\."):
        keras_cnn_course.sweep("softmax", out="mine", **options)
    (run,) = keras_cnn_course.sweep("softmax", out="mine", **options).runs
    assert (run.metrics["epochs"], len(run.record.resumed)) == (300, 1)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["--recipe", "cnnn"], 2, "Did you mean 'cnn'?"),
        (["--grid", "filters"], 2, "--grid must look like KEY=VALUE,VALUE, for example filters=8,16; got 'filters'."),
        (["--grid", "filters="], 2, "--grid must look like KEY=VALUE,VALUE"),
        (["--grid", "=8"], 2, "--grid must look like KEY=VALUE,VALUE"),
        (["--grid", "filters=8,,16"], 2, "--grid must look like KEY=VALUE,VALUE"),
        (["--grid", "filters=8", "--grid", "filters=16"], 2, "--grid has filters twice."),
        (["--grid", "filters=8, 0"], 2, "filters must be a whole number from 1 to 4096; got 0."),
        (["--grid", "filters=8,many"], 2, "filters must be a whole number from 1 to 4096; got 'many'."),
        (["--dataset", "mnst"], 2, "Did you mean 'mnist'?"),
        (["--seeds", "0"], 2, "--seeds"),
        (["--jobs", "0"], 2, "--jobs"),
        (["--jobs", "2", "--ray"], 2, "--jobs cannot be used with --ray"),
        (["--device", "gpu:1", "--ray"], 2, "use --device gpu; got --device gpu:1"),
        (["--device", "tpu"], 2, "must be auto, cpu, gpu or gpu:N"),
        (["--image-size", "big"], 2, "--image-size must look like 32x32"),
        (["--out", "occupied"], 1, "occupied is not empty and not the folder of a sweep"),
        (["--out", "occupied/file"], 1, "occupied/file is not empty and not the folder of a sweep"),
    ],
)
def test_wrong_use_is_explained(invoke, tmp_path, arguments, exit_code, message):
    (tmp_path / "occupied").mkdir()
    (tmp_path / "occupied" / "file").write_text("kept")
    result = invoke("sweep", *arguments)
    assert result.exit_code == exit_code, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["occupied"]


def test_only_one_runs_a_sweep(invoke, tmp_path):
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.sweeps.folder import SweepFolder

    SweepFolder.prepare(tmp_path / "sweep", [find_recipe("softmax")])
    with one_writer(tmp_path / "sweep"):
        result = invoke(*QUICK, "--out", "sweep")
    assert result.exit_code == 1
    assert f"(PID {os.getpid()}) is writing" in result.stderr
