import json
import os
import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.cli import kcnn

QUICK = ["train", "--recipe", "softmax", "--epochs", "1", "--precision", "float32"]


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(kcnn, arguments)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")


def test_training_prints_its_plan_and_its_result(started, invoke, tmp_path):
    result = invoke(*QUICK)
    assert result.exit_code == 0, result.output
    assert "1,295 training, 142 validation and 360 test images; 28x28x1, 10 classes" in result.stderr
    assert "1 epoch of 6 steps" in result.stderr
    assert "epoch 1/1  loss" in result.stderr
    assert result.stdout.startswith("test accuracy ")
    assert result.stdout.endswith("runs/softmax-001\n")
    assert (tmp_path / "runs" / "softmax-001" / "metrics.json").is_file()


@pytest.mark.slow
def test_the_length_follows_the_data_set(started, invoke):
    result = invoke("train", "--recipe", "softmax", "--set", "epochs=2", "--set", "min_steps=13")
    assert "3 epochs of 6 steps (epochs=2 would be fewer than min_steps=13)" in result.stderr
    result = invoke("train", "--recipe", "softmax", "--epochs", "2")
    assert "2 epochs of 6 steps (without epochs=2, the recipe trains at least 42)" in result.stderr


def test_quiet_says_the_result_only(started, invoke):
    result = invoke(*QUICK, "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("test accuracy ")


@pytest.mark.slow
def test_a_network_that_the_page_cannot_show_is_not_sent_there(started, invoke):
    small = ("--filters", "2", "--train-examples", "50")
    result = invoke("train", "--recipe", "residual_cnn", "--epochs", "1", *small)
    assert "kcnn page" not in result.stderr
    commands = re.findall(r"^  kcnn (.+?)  ", result.stderr, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["filters", "features", "report"]
    for command in commands:
        assert invoke(*command.removesuffix(" --open").split()).exit_code == 0


def test_json_is_json(started, invoke):
    values = json.loads(invoke(*QUICK, "--quiet", "--json").stdout)
    assert values["run"] == "runs/softmax-001"
    assert values["machine"].endswith(" threads")
    assert 0 < values["test_accuracy"] <= 1


@pytest.mark.slow
def test_a_students_file_is_trained(started, invoke, tmp_path):
    from keras_cnn_course.catalog.recipes import find_recipe

    text = find_recipe("cnn").text.replace('layers.Flatten(name="flatten")', "layers.GlobalAveragePooling2D()")
    (tmp_path / "my_cnn.py").write_text(text)
    result = invoke("train", "--recipe", "my_cnn.py", "--epochs", "1", "--filters", "4", "--out", "mine")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "mine" / "recipe.py").read_text() == text


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["--recipe", "cnnn"], 2, "Did you mean 'cnn'?"),
        (["--dataset", "mnst"], 2, "Did you mean 'mnist'?"),
        (["--filters", "many"], 2, "filters must be a whole number from 1 to 4096; got 'many'."),
        (["--recipe", "softmax", "--filters", "8"], 2, "This recipe has no hyperparameter 'filters'. Available: "),
        (["--learning-rate", "-1"], 2, "learning_rate must be a number from 1e-09 to 100; got -1.0"),
        (["--set", "filter=8"], 2, "Did you mean 'filters'?"),
        (["--set", "filters"], 2, "--set needs KEY=VALUE, such as --set filters=16; got 'filters'."),
        (["--set", "filters=8", "--filters", "8"], 2, "'filters' is given twice"),
        (["--epochs", "0"], 2, "epochs must be a whole number from 1 to 100000; got 0"),
        (["--device", "tpu"], 2, "must be auto, cpu, gpu or gpu:N"),
        (["--image-size", "big"], 2, "--image-size must look like 32x32, at most 1024x1024; got 'big'."),
        (["--precision", "float8"], 2, "float8"),
        (["--threads", "0"], 2, "--threads"),
        (["--seed", "-1"], 2, "--seed"),
        (["--out", "occupied"], 1, "never overwritten"),
    ],
)
def test_wrong_use_is_explained(invoke, tmp_path, arguments, exit_code, message):
    (tmp_path / "occupied").mkdir()
    (tmp_path / "occupied" / "file").write_text("kept")
    result = invoke("train", *arguments)
    assert result.exit_code == exit_code
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "runs").exists()


def test_wrong_use_is_found_before_tensorflow_is_loaded(tmp_path):
    code = (
        "import sys\nfrom keras_cnn_course.cli import main\n"
        "try: main(['train', '--filters', 'many'])\n"
        "except SystemExit as stop: print(stop.code, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output == "2 False False\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def build_model(:\n", "broken.py, line 1: not valid Python"),
        ("x = 1\n", "broken.py must define HYPERPARAMETERS = kcnn.Hyperparameters(...)"),
    ],
)
def test_a_broken_recipe_names_file_and_line(started, invoke, tmp_path, text, message):
    (tmp_path / "broken.py").write_text(text)
    result = invoke("train", "--recipe", "broken.py")
    assert result.exit_code == 1
    assert message in result.stderr


def test_debug_shows_the_traceback(invoke):
    result = invoke("--debug", "train", "--recipe", "cnnn")
    assert type(result.exception).__name__ == "UsageError"


def test_a_missing_gpu_is_explained(started, invoke):
    result = invoke(*QUICK, "--device", "gpu:7")
    assert result.exit_code == 2
    assert "There is no gpu:7: TensorFlow sees " in result.stderr


@pytest.fixture
def send(monkeypatch):
    """Return a function that has a signal arrive before some epochs."""
    from keras_cnn_course.training.engine import Engine

    train, calls = Engine.train_in_parts, []

    def send_signal(number, *, epochs):
        def train_after_the_signal(*arguments, **options):
            calls.append(1)
            if len(calls) in epochs:
                os.kill(os.getpid(), number)
            return train(*arguments, **options)

        monkeypatch.setattr(Engine, "train_in_parts", train_after_the_signal)

    return send_signal


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_with_a_checkpoint_and_says_how_to_go_on(started, invoke, send, tmp_path, number, exit_code):
    send(number, epochs={2})
    result = invoke(*QUICK[:3], "--epochs", "4", "--out", "run", "--precision", "float32")
    assert result.exit_code == exit_code
    assert result.stdout == ""
    assert result.stderr.endswith("Stopped in epoch 3 of 4. Resume with: kcnn train --resume run\n")
    assert [path.name for path in (tmp_path / "run" / "checkpoint").iterdir()] == ["step-00000012.npz"]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "interrupted"
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    resumed = invoke("train", "--resume", "run")
    assert resumed.exit_code == 0, resumed.output
    assert "resuming  after epoch 2/4" in resumed.stderr
    assert "epoch 2/4  loss" not in resumed.stderr
    assert "epoch 4/4  loss" in resumed.stderr
    assert resumed.stdout.endswith("\nrun\n")


def test_a_second_signal_stops_at_once(started, invoke, monkeypatch, tmp_path):
    from keras_cnn_course.training.engine import Engine

    def interrupt_twice(*_, **__):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second signal was ignored")

    monkeypatch.setattr(Engine, "train_in_parts", interrupt_twice)
    result = invoke(*QUICK, "--out", "run")
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert not (tmp_path / "run" / "checkpoint").exists()


ENSEMBLE = ("train", "softmax", "--epochs", "2", "--precision", "float32", "--ensemble", "3", "--seed", "4", "--json")


@pytest.mark.slow
def test_a_stopped_ensemble_continues_with_the_same_command(started, invoke, send, monkeypatch, tmp_path):
    words = (*ENSEMBLE, "--out", "stopped")
    monkeypatch.setattr("sys.argv", ["kcnn", *words])
    send(signal.SIGINT, epochs={3})
    stopped = invoke(*words)
    assert (stopped.exit_code, stopped.stdout) == (130, "")
    assert stopped.stderr.endswith(f"Stopped with 1 of 3 runs finished. Continue with: kcnn {' '.join(words)}\n")
    first = (tmp_path / "stopped" / "seed-4" / "run.json").stat().st_mtime_ns
    continued = invoke(*words)
    assert continued.exit_code == 0, continued.output
    assert "stopped/seed-4 has finished already." in continued.stderr
    assert "resuming  after epoch 1/2" in continued.stderr
    assert (tmp_path / "stopped" / "seed-4" / "run.json").stat().st_mtime_ns == first
    undisturbed = invoke(*ENSEMBLE, "--out", "undisturbed", "--quiet")
    assert continued.stdout == undisturbed.stdout.replace("undisturbed", "stopped")


def test_an_ensemble_without_a_folder_says_that_it_cannot_be_continued(started, invoke, send):
    send(signal.SIGINT, epochs={1})
    stopped = invoke(*ENSEMBLE)
    assert stopped.exit_code == 130
    assert stopped.stderr.endswith(
        "Resume with: kcnn train --resume runs/softmax-001\n"
        "That is one run. To be able to continue a whole ensemble, give it a folder with --out.\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lr", "0.5"], "its learning_rate is 0.01, not 0.5."),
        (["--image-size", "14x14"], "its data SHA-256 is "),
        (["--precision", "bfloat16"], "its precision is float32, not bfloat16."),
        (["changed/softmax.py"], "changed/softmax.py has changed since it was trained."),
    ],
)
def test_a_run_of_another_ensemble_is_refused(started, invoke, tmp_path, words, message):
    one = ("train", "--seed", "5", "--epochs", "1")
    assert invoke(*one, "--recipe", "softmax", "--precision", "float32", "--out", "together/seed-5").exit_code == 0
    (tmp_path / "changed").mkdir()
    (tmp_path / "changed" / "softmax.py").write_text(find_recipe("softmax").text + "# changed\n")
    recipe = [] if words[0].endswith(".py") else ["softmax"]
    result = invoke("train", *recipe, "--epochs", "1", "--seed", "4", "--ensemble", "2", "--out", "together", *words)
    assert result.exit_code == 1
    assert "together/seed-5 does not belong to this ensemble: " in result.stderr
    assert message in result.stderr
    assert [path.name for path in (tmp_path / "together").iterdir()] == ["seed-5"], "nothing is trained"


def test_a_run_that_failed_at_once_is_trained_again_with_a_mended_recipe(started, invoke, tmp_path):
    words = ("train", "own.py", "--epochs", "1", "--precision", "float32", "--ensemble", "2", "--quiet")
    text = find_recipe("softmax").text
    (tmp_path / "own.py").write_text(text.replace("layers.Flatten(", "layers.Rescaling(1e38), layers.Flatten("))
    assert "in epoch 1, step" in invoke(*words, "--out", "together").stderr
    (tmp_path / "own.py").write_text(text)
    result = invoke(*words, "--out", "together")
    assert result.exit_code == 0, result.output


def test_a_folder_with_something_else_is_no_ensemble(invoke, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    result = invoke(*ENSEMBLE, "--out", "full")
    assert result.exit_code == 1
    assert "full is not empty, and a run is never overwritten." in result.stderr


@pytest.mark.slow
def test_a_finished_run_says_so_and_offers_more_epochs(started, invoke, tmp_path):
    first = invoke(*QUICK, "--out", "run")
    assert first.exit_code == 0, first.output
    files = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    result = invoke("train", "--resume", "run")
    assert (result.exit_code, result.stdout) == (0, first.stdout)
    assert result.stderr == (
        "run has finished its 1 epoch, so nothing was done. To make it longer: kcnn train --resume run --epochs 2\n"
    )
    assert files == {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    (tmp_path / "run" / "report.html").write_text("as it was")
    longer = invoke("train", "--resume", "run", "--epochs", "3")
    assert longer.exit_code == 0, longer.output
    assert "1 + 2 epochs of 6 steps" in longer.stderr
    assert "the network before this training is shown by: report.html." in " ".join(longer.stderr.split())
    assert "kcnn filters run" in longer.stderr
    curves = tmp_path / "run" / "plots" / "curves.png"
    assert curves.read_bytes() != files[curves]
    assert ", after epoch 3 of 3\n" in longer.stdout


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["--resume", "run", "--filters", "8"], 2, "so --filters cannot be used with --resume"),
        (["--resume", "run", "--recipe", "cnn", "--seed", "1"], 2, "so --recipe, --seed cannot be used"),
        (["--resume", "run", "--out", "other"], 2, "so --out cannot be used"),
        (["--resume", "run", "--epochs", "some"], 2, "--epochs must be a whole number from 1 to 100000; got 'some'"),
        (["--resume", "run", "--epochs", "0"], 2, "--epochs must be a whole number from 1 to 100000; got '0'"),
        (["--resume", "nowhere"], 1, "does not exist. Name a folder that kcnn train has written"),
        (["--resume", "."], 1, "is not a run folder: it has no run.json"),
        (["--force"], 2, "--force only works together with --resume"),
        (["--checkpoint-every", "-1"], 2, "--checkpoint-every"),
    ],
)
def test_wrong_use_of_resume_is_explained(invoke, trained_run, tmp_path, arguments, exit_code, message):
    (tmp_path / "run").symlink_to(trained_run.path)
    result = invoke("train", *arguments)
    assert result.exit_code == exit_code, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_only_one_trains_a_run(started, invoke, tmp_path, send):
    from keras_cnn_course.files.atomic import one_writer

    send(signal.SIGTERM, epochs={1})
    assert invoke(*QUICK[:3], "--epochs", "4", "--out", "run").exit_code == 143
    before = (tmp_path / "run" / "run.json").read_bytes()
    with one_writer(tmp_path / "run"):
        result = invoke("train", "--resume", "run")
    assert result.exit_code == 1
    assert f"(PID {os.getpid()}) is writing" in result.stderr
    assert (tmp_path / "run" / "run.json").read_bytes() == before


def test_quiet_still_warns(started, invoke, tmp_path, send):
    send(signal.SIGTERM, epochs={3})
    assert invoke(*QUICK[:3], "--epochs", "4", "--out", "run", "--checkpoint-every", "0").exit_code == 143
    newest = sorted((tmp_path / "run" / "checkpoint").iterdir())[-1]
    newest.write_bytes(b"torn")
    result = invoke("train", "--resume", "run", "--quiet")
    assert result.exit_code == 0, result.output
    assert result.stderr == (
        f"Warning: run/checkpoint/{newest.name} is damaged and will be removed. "
        "Resuming from the checkpoint before it.\n"
    )


def test_interrupting_says_so(started, invoke, monkeypatch):
    from keras_cnn_course.training.engine import Engine

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "train_in_parts", interrupt)
    result = invoke(*QUICK)
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
