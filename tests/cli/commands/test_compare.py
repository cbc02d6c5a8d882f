import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

import keras_cnn_course as course
from keras_cnn_course.cli import kcnn
from keras_cnn_course.results.prediction import predict_probabilities
from keras_cnn_course.results.significance import McNemar
from keras_cnn_course.runs.directory import RunDirectory


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


@pytest.mark.slow
def test_pairs_are_tested_on_the_same_test_images(trained_run, tmp_path, digits):
    other = RunDirectory.open(shutil.copytree(trained_run.path, tmp_path / "cnn-009"))
    model = other.load_model()
    kernel, bias = model.get_layer("classifier").get_weights()
    model.get_layer("classifier").set_weights([kernel, bias + 3 * (np.arange(10) == 4)])  # it says 4 more often
    other.save_model(model, "best")
    result = CliRunner().invoke(kcnn, ["compare", "--test", "--json", str(trained_run.path), str(other.path)])
    assert result.exit_code == 0, result.output
    (pair,) = json.loads(result.stdout)["tests"]
    correct = [
        predict_probabilities(run.load_model(), digits.x_test).argmax(axis=1) == digits.y_test
        for run in (trained_run, other)
    ]
    counts = [int((correct[0] & ~correct[1]).sum()), int((correct[1] & ~correct[0]).sum())]
    assert [pair["test"]["only_first"], pair["test"]["only_second"]] == counts
    assert sum(counts) > 0
    assert pair["test"]["exact"] == (sum(counts) < 25)
    if pair["test"]["exact"]:
        assert pair["test"]["p_value"] == pytest.approx(stats.binomtest(counts[0], sum(counts)).pvalue)
    assert (pair["first"], pair["second"]) == ("cnn-001", "cnn-009")
    said = CliRunner().invoke(kcnn, ["compare", "--test", str(trained_run.path), str(other.path)]).stdout
    assert pair["sentence"] in " ".join(said.split())


def test_runs_on_other_images_are_not_tested_and_one_run_is_wrong_use(trained_run, run_copy):
    record = json.loads((run_copy / "run.json").read_text())
    (run_copy / "run.json").write_text(json.dumps(record | {"dataset_sha256": "0" * 64}))
    result = CliRunner().invoke(kcnn, ["compare", "--test", "--json", str(trained_run.path), str(run_copy)])
    assert result.exit_code == 0, result.output
    (pair,) = json.loads(result.stdout)["tests"]
    assert pair["test"] is None
    assert "cannot be compared, because their data sets differ" in pair["sentence"]
    alone = CliRunner().invoke(kcnn, ["compare", "--test", str(trained_run.path)])
    assert alone.exit_code == 2
    assert "--test compares pairs of runs. Name at least two." in alone.stderr


@pytest.mark.slow
def test_runs_on_arrays_are_tested_with_their_arrays(trained_run, run_copy, digits):
    for path in (trained_run.path, run_copy):
        assert json.loads((path / "run.json").read_text())["dataset"] == "digits"
    on_arrays = [shutil.copytree(run_copy, run_copy.parent / name) for name in ("a", "b")]
    for path in on_arrays:
        record = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps(record | {"dataset": "arrays", "dataset_path": ""}))
    result = CliRunner().invoke(kcnn, ["compare", "--test", *map(str, on_arrays)])
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "This run was trained on arrays (arrays), which a run folder does not store. Pass them again" in said
    (pair,) = course.compare(*on_arrays).test_pairs(data=digits)
    assert pair.test == McNemar(0, 0, 1.0, exact=True)
    (other,) = course.compare(*on_arrays).test_pairs(data=(digits.x_test, digits.y_test))
    assert other.test == pair.test
