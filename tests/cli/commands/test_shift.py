import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn


@pytest.fixture
def run_copy(trained_run, tmp_path):
    return shutil.copytree(trained_run.path, tmp_path / "cnn-007")


def test_table_paragraph_and_picture(trained_run, run_copy):
    result = CliRunner().invoke(kcnn, ["shift", str(run_copy), "--radius", "1"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["accuracy", "after", "a", "shift", "of", "0", "px", "1", "px", "worst", "shift"]
    name, unmoved, moved, worst = lines[1].split()
    assert (name, unmoved) == ("cnn-007", f"{trained_run.read_metrics()['test_accuracy']:.2%}")
    assert float(worst[:-1]) <= float(moved[:-1])
    assert "conv_1, is equivariant" in " ".join(lines)
    assert lines[-1] == str(run_copy / "plots" / "shift.png")
    assert (run_copy / "plots" / "shift.png").read_bytes()[:4] == b"\x89PNG"
    assert "9 shifts of 360 images of digits" in result.stderr


def test_several_runs_as_json(trained_run, run_copy, tmp_path):
    target = tmp_path / "both.svg"
    arguments = ["shift", str(trained_run.path), str(run_copy), "--radius", "2", "--json", "--out", str(target)]
    result = CliRunner().invoke(kcnn, arguments)
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert values["radius"] == 2
    assert values["picture"] == str(target)
    assert [run["name"] for run in values["runs"]] == ["cnn-001", "cnn-007"]
    first, second = (np.array(run["accuracy"]) for run in values["runs"])
    assert first.shape == (5, 5)
    np.testing.assert_array_equal(first, second)
    assert first[2, 2] == pytest.approx(trained_run.read_metrics()["test_accuracy"], abs=1e-6)
    assert values["runs"][0]["convolution"]["difference"] <= 1e-6
    assert "cnn-001 classifies" in values["explanation"]
    assert b"<svg" in target.read_bytes()
    assert not (run_copy / "plots").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--radius", "0"], 2, "--radius"),
        (["--out", "shift.gif"], 2, "end in .png, .svg or .pdf"),
        (["--dataset", "cifar10"], 1, "32x32x3"),
    ],
)
def test_wrong_use_is_explained(trained_run, arguments, code, message):
    result = CliRunner().invoke(kcnn, ["shift", str(trained_run.path), *arguments])
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""


def test_no_run_fails(tmp_path):
    assert CliRunner().invoke(kcnn, ["shift", str(tmp_path)]).exit_code == 1
    assert CliRunner().invoke(kcnn, ["shift"]).exit_code == 2
