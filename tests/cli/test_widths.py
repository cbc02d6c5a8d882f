"""What commands print fits a terminal of 80 columns, and a wider one is used."""

import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from keras_cnn_course.catalog.recipes import recipe_names
from keras_cnn_course.cli import kcnn
from keras_cnn_course.lecture.contents import SLIDES


def run(*words, columns=80):
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(kcnn, list(map(str, words)))
    assert result.exit_code == 0, result.output
    return result


def widest(text):
    return max(map(len, text.splitlines()))


@pytest.mark.parametrize("recipe", recipe_names())
def test_the_table_of_every_recipe_fits(recipe):
    narrow, wide = run("show", recipe).stdout, run("show", recipe, columns=120).stdout
    assert widest(narrow) <= 80
    assert len(wide.splitlines()) <= len(narrow.splitlines())
    for table in (narrow, wide):
        assert "= 7,850" in table or "= 320" in table or "_1" in table


def test_a_narrow_table_has_all_numbers_of_the_arithmetic():
    lines = run("show", "best_cnn").stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("conv_2"))
    assert lines[place].split() == ["conv_2", "11x11x96", "13-3+1", "(3*3*48+1)*96", "5,018,112", "8x8"]
    assert lines[place + 1].split() == ["=", "11", "=", "41,568"]
    assert "(3*3*48+1)*96 = 41,568" in run("show", "best_cnn", columns=120).stdout


def test_the_list_of_recipes_fits_and_uses_a_wider_terminal():
    assert widest(run("recipes").stdout) <= 80
    assert len(run("recipes", columns=140).stdout.splitlines()) == len(recipe_names())


@pytest.mark.parametrize("slide", SLIDES)
def test_every_slide_fits(slide):
    assert widest(run("lecture", slide, "--all").stdout) <= 80


@pytest.mark.parametrize("augment", ["none", pytest.param("elastic", marks=pytest.mark.slow)])
def test_a_training_fits(augment, tmp_path, monkeypatch, started):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    result = run("train", "softmax", "--epochs", 1, "--augment", augment)
    assert widest(result.stdout) <= 80
    assert widest(result.stderr) <= 80
    assert "computing on cpu" in result.stderr
    line = next(line for line in result.stderr.splitlines() if line.startswith("epoch"))
    assert "  validation " in line


@pytest.mark.slow
def test_a_wide_terminal_shows_the_names_of_all_scores(tmp_path, monkeypatch, started):
    monkeypatch.chdir(tmp_path)
    stderr = run("train", "softmax", "--epochs", 1, columns=200).stderr
    assert "  val_loss " in stderr
    assert "\n          " not in stderr


def test_many_runs_are_compared_in_blocks_that_fit(trained_run, tmp_path):
    runs = [tmp_path / f"a-run-with-a-long-name-{number}" for number in range(6)]
    for run_folder in runs:
        shutil.copytree(trained_run.path, run_folder)
        record = run_folder / "run.json"
        record.write_text(record.read_text().replace('"seed": 0', f'"seed": {run_folder.name[-1]}'))
    narrow = run("compare", *runs).stdout
    assert widest(narrow) <= 80
    wide = run("compare", *runs, columns=300).stdout
    assert set(narrow.split()) == set(wide.split())
    assert len(wide.splitlines()) < len(narrow.splitlines())


def test_a_table_in_a_pipe_has_one_line_per_row(trained_run, tmp_path):
    folder = tmp_path / ("long-name-" * 7)
    shutil.copytree(trained_run.path, folder)
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "keras_cnn_course", "compare", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    header, row, machine = done.stdout.splitlines()
    assert header.startswith("run")
    assert row.startswith(folder.name)
    assert machine.startswith("Trained on: ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("columns", [80, 150])
def test_the_width_of_the_terminal_is_asked_for(columns):
    import fcntl
    import pty
    import struct
    import termios

    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    subprocess.run([sys.executable, "-m", "keras_cnn_course", "recipes"], env=environment, stdout=terminal, check=True)
    os.close(terminal)
    text = os.read(main, 10_000).decode()
    os.close(main)
    assert widest(text) <= columns
    assert (len(text.splitlines()) == len(recipe_names())) == (columns == 150)
