"""`kcnn doctor` from start to finish."""

import json

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn


@pytest.mark.slow
def test_a_healthy_machine_trains_and_exits_with_0(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(kcnn, ["doctor", "--json"], env={"KERAS_BACKEND": None})
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    checks = {check["name"]: check for check in report["checks"]}
    assert report["healthy"] is True
    assert checks["devices"]["found"].startswith("cpu")
    assert "test accuracy" in checks["training"]["found"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_fault_has_its_line_with_the_advice_and_exits_with_1():
    result = CliRunner().invoke(kcnn, ["doctor", "--no-train"], env={"KERAS_BACKEND": "jax"})
    assert result.exit_code == 1
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("fault")]
    assert line.endswith("KERAS_BACKEND=jax, but tensorflow is needed  ->  unset KERAS_BACKEND")
    assert result.stdout.splitlines()[-1].endswith(" 1 fault")
    assert "ok     training" not in result.stdout
