"""Recipes that are trained through their `build_model` function: from a file, and from a notebook cell."""

import linecache
import runpy
import shutil
import sys

import pytest

import keras_cnn_course as kcnn
from keras_cnn_course.catalog.live import find_live_recipe
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
from keras_cnn_course.errors import RecipeError, UsageError


@pytest.fixture
def run_cell(tmp_path, monkeypatch):
    """A function that runs text as a notebook's kernel runs a cell: compiled, and known to linecache by a name."""
    monkeypatch.chdir(tmp_path)
    notebook, number = {"__name__": "__main__"}, iter(range(100))

    def run(text):
        name = str(tmp_path / f"ipykernel_{next(number)}.py")  # such a file does not exist
        monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(keepends=True), name))
        exec(compile(text, name, "exec"), notebook)
        return notebook

    return run


@pytest.fixture
def softmax():
    text = find_recipe("softmax").text.replace("epochs=8, min_steps=250", "epochs=1, min_steps=0")
    assert "epochs=1" in text
    return text


@pytest.mark.slow
def test_a_recipe_pasted_into_a_cell_is_trained_and_resumed(started, run_cell, softmax, tmp_path):
    run_cell(softmax)
    run = kcnn.open_run(tmp_path / "runs" / "notebook-001")
    assert run.record.status == "finished"
    assert (run.path / "recipe.py").read_text() == softmax
    from click.testing import CliRunner

    from keras_cnn_course.cli import kcnn as command_line

    longer = CliRunner().invoke(command_line, ["train", "--resume", str(run.path), "--epochs", "2"])
    assert longer.exit_code == 0, longer.output
    assert run.history["epoch"] == [1, 2]
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_a_function_of_an_earlier_cell_is_trained_with_other_values(started, run_cell, softmax, tmp_path):
    recipe = softmax.partition("\n\nif __name__")[0] + "\n"
    notebook = run_cell(recipe)
    run_cell("run = kcnn.train(build_model, learning_rate=0.02, quiet=True)\n")
    assert notebook["run"].record.hyperparameters["learning_rate"] == 0.02
    assert (notebook["run"].path / "recipe.py").read_text() == recipe


def test_a_cell_without_hyperparameters_is_explained(run_cell, softmax, tmp_path):
    start, end = softmax.index("HYPERPARAMETERS"), softmax.index("def build_model")
    with pytest.raises(RecipeError, match="The cell that defines build_model has no HYPERPARAMETERS"):
        run_cell(softmax[:start] + softmax[end:])
    assert list(tmp_path.iterdir()) == []


def test_a_cell_without_its_imports_is_explained(started, run_cell, softmax, tmp_path):
    run_cell("import keras\nfrom keras import layers\n")
    with pytest.raises(RecipeError, match=r"line \d+: NameError: name 'keras' is not defined"):
        run_cell(softmax.replace("import keras\nfrom keras import layers\n", ""))
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_would_train_each_time_it_is_loaded_is_refused(run_cell, softmax, tmp_path):
    text = softmax.partition("if __name__")[0] + "run = kcnn.train(build_model)\n"
    line = text.count("\n")
    with pytest.raises(RecipeError, match=f"line {line}: this call would train again each time"):
        run_cell(text)
    assert list(tmp_path.iterdir()) == []


def test_a_function_without_a_source_is_refused():
    namespace = {}
    exec("def build_model(hyperparameters, input_shape, num_classes): ...", namespace)
    with pytest.raises(RecipeError, match="Save the recipe in a file"):
        find_live_recipe(namespace["build_model"])
    with pytest.raises(UsageError, match="must be a name, a path or a build_model function; got <class"):
        find_live_recipe(dict)


def test_a_function_of_a_file_stands_for_the_file(tmp_path):
    path = shutil.copy(find_recipe("mlp").path, tmp_path / "my_mlp.py")
    source = find_recipe(str(path))
    assert find_live_recipe(load_recipe(source).build_model) == source


def test_another_function_of_the_file_is_refused(tmp_path):
    text = find_recipe("mlp").text.replace("def build_model", "def build_wide(): ...\n\n\ndef build_model")
    (tmp_path / "mine.py").write_text(text)
    mine = runpy.run_path(str(tmp_path / "mine.py"))
    with pytest.raises(UsageError, match="its function build_model, so build_wide would not be used"):
        find_live_recipe(mine["build_wide"])


def test_a_build_model_that_is_made_by_another_function_is_trained(tmp_path):
    text = find_recipe("mlp").text.replace("def build_model", "def build_wide")
    (tmp_path / "mine.py").write_text(text.partition("if __name__")[0] + "build_model = build_wide\n")
    assert find_live_recipe(runpy.run_path(str(tmp_path / "mine.py"))["build_model"]).name == "mine"


def test_arguments_of_a_recipe_are_refused_with_the_command_that_takes_them(started, tmp_path, monkeypatch):
    shutil.copy(find_recipe("mlp").path, tmp_path / "my_mlp.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["my_mlp.py", "--epochs", "3"])
    with pytest.raises(UsageError) as caught:
        runpy.run_path("my_mlp.py", run_name="__main__")
    assert str(caught.value) == (
        "my_mlp.py takes no arguments; got --epochs 3. Use: kcnn train --recipe my_mlp.py --epochs 3"
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["my_mlp.py"]


@pytest.mark.parametrize(
    ("imports", "seed"),
    [
        ("import sys\n", "int(sys.argv[1])"),
        ("import os, click\n", "click.get_current_context().params['seed']"),
        ("from absl import flags\n", "flags.FLAGS.seed"),
    ],
)
def test_a_program_that_reads_its_arguments_is_left_alone(tmp_path, monkeypatch, imports, seed):
    text = find_recipe("mlp").text.replace("import keras\n", f"{imports}\nimport keras\n", 1)
    (tmp_path / "mine.py").write_text(text.replace("train(build_model)", f"train(build_model, seed={seed})"))
    source = find_recipe(str(tmp_path / "mine.py"))
    monkeypatch.setattr(sys, "argv", [str(source.path), "7"])
    assert find_live_recipe(load_recipe(source).build_model) == source
    (tmp_path / "mine.py").write_text(find_recipe("mlp").text)
    with pytest.raises(UsageError, match="takes no arguments; got 7"):
        find_live_recipe(load_recipe(source).build_model)
