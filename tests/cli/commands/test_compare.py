import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn


@pytest.fixture
def run_copy(trained_run, tmp_path):
    """The trained run again, with another seed and another learning rate in its run.json."""
    path = shutil.copytree(trained_run.path, tmp_path / "cnn-007")
    record = json.loads((path / "run.json").read_text())
    record["hyperparameters"]["learning_rate"] = 0.25
    (path / "run.json").write_text(json.dumps(record | {"seed": 9}))
    return path


def test_the_settings_that_differ_and_the_results_are_shown(trained_run, run_copy):
    result = CliRunner().invoke(kcnn, ["compare", str(trained_run.path), str(run_copy)])
    assert result.exit_code == 0, result.output
    settings, results = result.stdout.strip().split("\n\n")
    rows = [line.split() for line in settings.splitlines()]
    assert rows[0] == ["setting", "cnn-001", "cnn-007"]
    assert [row[0] for row in rows[1:]] == ["seed", "learning_rate"]
    assert rows[1] == ["seed", "0", "9"]
    assert rows[2][2] == "0.25"
    metrics = trained_run.read_metrics()
    first = results.splitlines()[1]
    assert first.startswith("cnn-001")
    assert f"{metrics['test_accuracy']:.2%}" in first
    assert f"{metrics['parameters']:,}" in first


def test_a_run_that_did_not_finish_is_listed_with_its_status(trained_run, run_copy):
    (run_copy / "metrics.json").unlink()
    record = json.loads((run_copy / "run.json").read_text())
    (run_copy / "run.json").write_text(json.dumps(record | {"status": "interrupted"}))
    result = CliRunner().invoke(kcnn, ["compare", str(trained_run.path), str(run_copy)])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-2].split() == ["cnn-007", "interrupted", "-", "-", "-", "-", "-"]


def test_runs_alike_are_said_to_be(trained_run, tmp_path):
    path = shutil.copytree(trained_run.path, tmp_path / "cnn-001")
    result = CliRunner().invoke(kcnn, ["compare", str(trained_run.path), str(path)])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("All runs have the same settings.\n")
    assert str(path) in result.stdout


def test_json_holds_the_numbers(trained_run, run_copy):
    result = CliRunner().invoke(kcnn, ["compare", "--json", str(trained_run.path), str(run_copy)])
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert values["differing_settings"]["seed"] == [0, 9]
    assert values["runs"][1]["name"] == "cnn-007"
    assert values["runs"][0]["results"]["test_accuracy"] == trained_run.read_metrics()["test_accuracy"]


def test_a_folder_that_is_no_run_fails(trained_run, tmp_path):
    result = CliRunner().invoke(kcnn, ["compare", str(trained_run.path), str(tmp_path)])
    assert result.exit_code == 1
    assert str(tmp_path) in result.stderr


def test_neither_keras_nor_numpy_nor_matplotlib_is_needed(trained_run):
    code = (
        "import sys; from keras_cnn_course.cli import kcnn; "
        f"kcnn.main(['compare', {str(trained_run.path)!r}], standalone_mode=False); "
        "assert not {'keras', 'tensorflow', 'matplotlib', 'numpy'} & set(sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
