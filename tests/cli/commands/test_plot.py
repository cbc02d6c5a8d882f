import shutil

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn


@pytest.fixture
def run_copy(trained_run, tmp_path):
    return shutil.copytree(trained_run.path, tmp_path / "cnn-007")


def test_the_curves_of_a_run_go_into_its_plots(run_copy):
    result = CliRunner().invoke(kcnn, ["plot", str(run_copy)])
    assert result.exit_code == 0, result.output
    first, path = result.stdout.splitlines()
    assert first.startswith("cnn-007: validation loss is smallest in epoch ")
    assert path == str(run_copy / "plots" / "curves.png")
    assert (run_copy / "plots" / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_several_runs_share_a_picture(trained_run, run_copy):
    result = CliRunner().invoke(kcnn, ["plot", str(run_copy), str(trained_run.path)])
    assert result.exit_code == 0, result.output
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:2]] == ["cnn-007", "cnn-001"]
    assert (run_copy / "plots" / "curves-compared.png").is_file()
    assert not (run_copy / "plots" / "curves.png").exists()


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_out_chooses_the_format(trained_run, tmp_path, suffix, start):
    target = tmp_path / "new" / f"curves{suffix}"
    result = CliRunner().invoke(kcnn, ["plot", str(trained_run.path), "--out", str(target)])
    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(start)


def test_another_format_is_wrong_use(trained_run, tmp_path):
    result = CliRunner().invoke(kcnn, ["plot", str(trained_run.path), "--out", str(tmp_path / "curves.gif")])
    assert result.exit_code == 2
    assert ".png, .svg or .pdf" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("present", [False, True])
def test_a_folder_that_is_no_run_fails(trained_run, tmp_path, present):
    path = tmp_path / "nothing"
    if present:
        path.mkdir()
    result = CliRunner().invoke(kcnn, ["plot", str(trained_run.path), str(path)])
    assert result.exit_code == 1
    assert str(path) in result.stderr


def test_a_run_is_needed():
    assert CliRunner().invoke(kcnn, ["plot"]).exit_code == 2
