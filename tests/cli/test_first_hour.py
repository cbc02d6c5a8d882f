"""What people type in their first hour works, or is answered with what they meant."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.export.formats import find_format
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.lecture.contents import SLIDES


def run(*arguments):
    return CliRunner().invoke(kcnn, [str(argument) for argument in arguments])


@pytest.fixture
def runs(trained_run, tmp_path, monkeypatch):
    """A folder with two runs; cnn-002 is the latest."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("cnn-002", "other-001")):
        shutil.copytree(trained_run.path, tmp_path / "runs" / name)
        os.utime(tmp_path / "runs" / name / "run.json", (2_000 - number, 2_000 - number))
    return tmp_path / "runs"


def test_the_latest_run_is_used_when_none_is_named(runs):
    result = run("plot")
    assert result.exit_code == 0
    assert result.stderr.startswith(f"Using the latest run, {runs.name}/cnn-002.")
    assert (runs / "cnn-002" / "plots" / "curves.png").is_file()


def test_without_any_run_the_next_command_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("plot")
    assert result.exit_code == 2
    assert "Train one with: kcnn train" in result.stderr


@pytest.mark.parametrize("name", ["other-001", "OTHER-001", "runs/other-001"])
def test_a_run_is_found_by_its_name(runs, name):
    assert run("plot", name).exit_code == 0
    assert (runs / "other-001" / "plots" / "curves.png").is_file()


def test_the_name_of_a_file_here_comes_before_that_of_a_run(runs, tmp_path):
    (tmp_path / "other-001").mkdir()
    result = run("plot", "other-001")
    assert result.exit_code == 1
    assert "run.json" in result.stderr


@pytest.mark.parametrize("recipe", ["CNN", "recipes/cnn", "recipes/cnn.py", "Cnn"])
def test_a_recipe_is_found_however_it_is_written(tmp_path, monkeypatch, recipe):
    monkeypatch.chdir(tmp_path)
    assert run("show", recipe).stdout.startswith("cnn: One convolution block")


def test_a_recipe_of_ones_own_needs_no_ending(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(kcnn_recipe(), tmp_path / "mine.py")
    assert run("show", "mine").stdout.startswith("mine: One convolution block")


def kcnn_recipe():
    from keras_cnn_course.catalog.recipes import find_recipe

    return find_recipe("cnn").path


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["version"], "kcnn --version"),
        (["runs"], "kcnn compare runs/*"),
        (["list"], "`kcnn recipes`"),
        (["trian"], "Did you mean 'train'?"),
        (["train", "--optimizer", "sgd"], "A recipe chooses its optimizer"),
        (["train", "--model", "cnn"], "--recipe"),
        (["train", "mlp", "--recipe", "cnn"], "Two recipes are named, mlp and cnn"),
        (["train", "--image-size", "big"], "--image-size must look like 32x32"),
    ],
)
def test_a_natural_mistake_is_answered_with_what_is_meant(words, answer):
    result = run(*words)
    assert result.exit_code == 2
    assert answer in result.stderr


@pytest.mark.parametrize("words", [["help", "train"], ["train", "--help"]])
def test_help_can_be_a_command(words):
    assert run(*words).stdout.startswith("Usage: kcnn train")


def test_a_word_without_a_near_command_gets_no_wrong_suggestion():
    result = run("quux")
    assert "Did you mean" not in result.stderr


@pytest.mark.slow
def test_train_takes_the_recipe_as_a_word_and_shows_what_to_do_next(tmp_path, monkeypatch, started):
    monkeypatch.chdir(tmp_path)
    result = run("train", "softmax", "--epochs", 1, "--lr", "0.01", "--dataset", "DIGITS")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("Starting TensorFlow ...\n")
    for name in ("curves", "confusion", "mistakes"):
        assert (tmp_path / "runs" / "softmax-001" / "plots" / f"{name}.png").is_file()
    for command in ("kcnn filters", "kcnn page", "kcnn report"):
        assert f"  {command} runs/softmax-001" in result.stderr
    assert result.stdout.splitlines()[-1] == "runs/softmax-001"


def test_a_notebooks_shell_gets_lines_instead_of_a_bar(monkeypatch):
    from keras_cnn_course.training.progress import ProgressBar, showing_progress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with showing_progress() as callback:
        assert isinstance(callback, ProgressBar)
    monkeypatch.setenv("JPY_PARENT_PID", "4711")
    with showing_progress() as callback:
        assert not isinstance(callback, ProgressBar)


def test_a_picture_needs_no_backend_of_the_caller(runs):
    environment = {**os.environ, "MPLBACKEND": "module://of_another_environment"}
    command = [sys.executable, "-m", "keras_cnn_course", "plot", "other-001"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "title"),
    [(["3"], ""), (["max", "pooling"], "max-pooling"), (["Max_Pooling"], "max-pooling"), (["1"], "")],
)
def test_a_slide_is_found_by_its_number_and_its_words(words, title):
    if words[0].isdecimal():
        title = list(SLIDES)[int(words[0]) - 1]
    result = run("lecture", *words, "--all")
    assert result.exit_code == 0, result.output
    assert result.stdout == run("lecture", title, "--all").stdout
    assert result.stdout.startswith(SLIDES[title].title)


@pytest.mark.parametrize("number", ["0", "99"])
def test_a_slide_number_that_does_not_exist_is_refused(number):
    result = run("lecture", number)
    assert result.exit_code == 2
    assert f"numbers 1 to {len(SLIDES)}; got {number}" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("name", "meant"), [("TFLite", "litert"), ("tf", "savedmodel"), ("saved_model", "savedmodel"), (".keras", "keras")]
)
def test_an_export_format_is_found_by_the_names_of_other_tools(name, meant, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)  # all packages are installed
    assert find_format(name).name == meant


def test_a_wrong_export_format_is_named_before_the_run_is_read():
    result = run("export", "no-such-run", "--format", "onxx")
    assert result.exit_code == 2
    assert "Did you mean 'onnx'?" in result.stderr


def test_the_file_of_an_exercise_names_its_folder_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("first", "second"):
        assert run("homework", "start", folder).exit_code == 0
    shutil.copy(find_exercise("relu").folder / "solution.py", "second/ex05_relu.py")
    assert run("homework", "check", "second/ex05_relu.py").stdout.startswith("ok")
    assert run("homework", "check", "--folder", "second", tmp_path / "second/ex05_relu.py").exit_code == 0
    result = run("homework", "check", "--folder", "first", "second/ex05_relu.py")
    assert result.exit_code == 2
    assert "These are several homework folders: first, second. Name one." in result.stderr
