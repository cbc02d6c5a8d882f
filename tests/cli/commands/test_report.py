import shutil

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn


def run(*arguments):
    return CliRunner().invoke(kcnn, ["report", *map(str, arguments)])


@pytest.mark.slow
def test_the_report_goes_into_the_run_with_the_same_bytes_each_time(trained_run, report, tmp_path):
    folder = shutil.copytree(trained_run.path, tmp_path / "cnn-001")
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [str(folder / "report.html")]
    assert (folder / "report.html").read_text(encoding="utf-8") == report


@pytest.mark.slow
def test_several_runs_are_compared(trained_run, tmp_path):
    folders = [shutil.copytree(trained_run.path, tmp_path / name) for name in ("a", "b")]
    result = run(*folders)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [str(folders[0] / "report-compared.html")]
    assert run(*folders, "--out", tmp_path / "two.html").exit_code == 0
    assert "2 runs compared" in (tmp_path / "two.html").read_text(encoding="utf-8")


def test_what_is_no_run_is_reported(trained_run, tmp_path):
    result = run(trained_run.path, tmp_path)
    assert result.exit_code == 1
    assert "is not a run folder: it has no run.json" in result.stderr


def test_another_suffix_is_wrong_use(trained_run, tmp_path):
    assert run(trained_run.path, "--out", tmp_path / "report.pdf").exit_code == 2
