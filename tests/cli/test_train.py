import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn

QUICK = ["train", "--recipe", "softmax", "--epochs", "1", "--precision", "float32"]


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(kcnn, arguments)


def test_training_prints_its_plan_and_its_result(started, invoke, tmp_path):
    result = invoke(*QUICK)
    assert result.exit_code == 0, result.output
    assert "1,295 images to train on, 142 held out, 360 to test; 28x28x1, 10 classes" in result.stderr
    assert "1 epochs of 6 steps" in result.stderr
    assert "epoch 1/1  loss" in result.stderr
    assert result.stdout.startswith("test accuracy ")
    assert result.stdout.endswith("runs/softmax-001\n")
    assert (tmp_path / "runs" / "softmax-001" / "metrics.json").is_file()


def test_the_length_follows_the_data_set(started, invoke):
    result = invoke("train", "--recipe", "softmax", "--set", "epochs=2", "--set", "min_steps=13")
    assert "3 epochs of 6 steps (epochs=2 would be 12 steps, fewer than min_steps=13)" in result.stderr


def test_quiet_says_the_result_only(started, invoke):
    result = invoke(*QUICK, "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("test accuracy ")


def test_json_is_json(started, invoke):
    values = json.loads(invoke(*QUICK, "--quiet", "--json").stdout)
    assert values["run"] == "runs/softmax-001"
    assert 0 < values["test_accuracy"] <= 1


def test_a_students_file_is_trained(started, invoke, tmp_path):
    from keras_cnn_course.catalog import find_recipe

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
        (["--filters", "many"], 2, "Expected filters to be a whole number. Received: filters='many'."),
        (["--recipe", "softmax", "--filters", "8"], 2, "Expected a hyperparameter of this recipe"),
        (["--learning-rate", "-1"], 2, "Expected learning_rate to be between"),
        (["--set", "filter=8"], 2, "Did you mean 'filters'?"),
        (["--set", "filters"], 2, "Expected --set KEY=VALUE"),
        (["--set", "filters=8", "--filters", "8"], 2, "each hyperparameter once"),
        (["--epochs", "0"], 2, "Expected epochs to be between 1"),
        (["--device", "tpu"], 2, "Expected auto, cpu, gpu or gpu:N"),
        (["--image-size", "big"], 2, "Expected --image-size HEIGHTxWIDTH"),
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
        ("x = 1\n", "to define HYPERPARAMETERS"),
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
    assert "Expected one of the" in result.stderr


def test_interrupting_says_so(started, invoke, monkeypatch):
    from keras_cnn_course.training.engine import Engine

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "train", interrupt)
    result = invoke(*QUICK)
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
