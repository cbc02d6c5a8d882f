"""A run folder that version 0.1 of this package wrote stays usable."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.initial_kernels import read_initial_kernels

FOLDER = Path(__file__).parents[1] / "data" / "run-0.1"


@pytest.fixture
def old_run(started, tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "run-0.1")


def run_kcnn(*words):
    result = CliRunner().invoke(kcnn, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_its_machine_is_named_as_far_as_it_is_known(old_run):
    record = RunDirectory.open(old_run).read_record()
    assert record.machine == "unnamed processor (Linux x86_64), avx512_bf16, 2 threads"


def test_it_opens(old_run):
    run = RunDirectory.open(old_run)
    assert run.read_record().versions["keras-cnn-course"] == "0.1.0"
    assert run.read_history()["epoch"] == [1, 2]
    assert run.read_metrics()["test_examples"] == 360
    assert run.hash_recipe() == run.read_record().recipe_sha256
    assert read_initial_kernels(run)["conv_1"].shape == (3, 3, 1, 2)
    assert run.load_model("best").count_params() == run.read_metrics()["parameters"]


def test_it_evaluates_to_the_recorded_result(old_run):
    recorded = json.loads((old_run / "metrics.json").read_text())
    evaluated = json.loads(run_kcnn("evaluate", old_run, "--json"))
    assert evaluated["accuracy"] == pytest.approx(recorded["test_accuracy"], abs=1e-6)  # 0.1 stored six digits
    # Another machine may add the losses of 360 images up in another order.
    assert evaluated["loss"] == pytest.approx(recorded["test_loss"], abs=1e-4)


def test_it_resumes_for_more_epochs(old_run):
    before = RunDirectory.open(old_run).read_history()
    run_kcnn("train", "--resume", old_run, "--epochs", "3", "--quiet", "--force")
    after = RunDirectory.open(old_run)
    assert after.read_history()["epoch"] == [1, 2, 3]
    assert after.read_history()["loss"][:2] == before["loss"]
    assert after.read_metrics()["epochs"] == 3
    assert after.read_record().status == "finished"


def test_it_exports(old_run):
    exported = json.loads(run_kcnn("export", old_run, "--format", "keras", "--json"))
    assert exported["largest_difference"] <= 1e-4
    assert (old_run / "export" / "model.keras").is_file()
