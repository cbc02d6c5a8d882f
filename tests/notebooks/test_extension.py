"""`%kcnn` in a real notebook: an executed one, with its output; and one exercise that imports another's notebook."""

import importlib
import sys

import pytest

import keras_cnn_course
from keras_cnn_course.files.notebook_file import Cell, read_cells, render_notebook
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.authoring.starter_cells import split_starter
from keras_cnn_course.homework.student.workspace import start_workspace
from keras_cnn_course.notebooks.extension import ExerciseFinder, describe_unsaved

CONVOLUTION, FILTERS = find_exercise("convolution"), find_exercise("filters")


def write_solution(hw, exercise, *more):
    cells = [cell for cell in read_cells((hw / exercise.notebook).read_text()) if not cell.source.startswith("def ")]
    pieces = split_starter(exercise.read("solution.py"))[1]
    solved = [
        *cells[:2],
        *(Cell("code", piece) for piece in pieces),
        *cells[2:],
        *(Cell("code", cell) for cell in more),
    ]
    (hw / exercise.notebook).write_text(render_notebook(solved))


@pytest.fixture
def hw(tmp_path, monkeypatch):
    exercises = [CONVOLUTION, FILTERS]
    hw = start_workspace(tmp_path / "hw", "ada", exercises=exercises, as_notebooks=True).folder
    for exercise in exercises:
        write_solution(hw, exercise)
    monkeypatch.chdir(hw)
    return hw


class Shell:
    """What an extension uses of IPython."""

    def __init__(self):
        self.magics = {}
        self.history_manager = type("History", (), {"input_hist_raw": [""]})()

    def register_magic_function(self, function, kind, name):
        assert kind == "line"
        self.magics[name] = function


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    shell = Shell()
    keras_cnn_course.load_ipython_extension(shell)
    return shell


def test_a_command_prints_what_it_prints_in_a_terminal(shell, hw, capsys):
    shell.magics["kcnn"]("check convolution")
    text = capsys.readouterr().out
    assert text.startswith("ok convolution   4.8/8 points\n")
    assert "The homework has 2." in text
    shell.magics["kcnn"]("check 'nothing")
    assert capsys.readouterr().out == "This line cannot be read: No closing quotation.\n"


def test_code_that_is_not_saved_is_noticed(hw):
    saved = next(cell.source for cell in read_cells((hw / CONVOLUTION.notebook).read_text()) if "def " in cell.source)
    assert describe_unsaved(["convolution"], ["", "x = 1", saved, "y = 2"]) == []
    assert describe_unsaved(["convolution", "--json"], ["", saved, saved.replace("image", "picture")]) == [
        "ex01_convolution.ipynb is not saved: the code that you ran last is not in it. Save it (Ctrl+S or Cmd+S), "
        "then run this cell again.\n"
    ]
    assert describe_unsaved(["relu", "convolutoin", "3"], ["", "def relu(x): ..."]) == []


def test_an_exercise_imports_the_notebook_of_another(shell, hw, monkeypatch):
    assert sum(isinstance(finder, ExerciseFinder) for finder in sys.meta_path) == 1
    keras_cnn_course.load_ipython_extension(shell)
    assert sum(isinstance(finder, ExerciseFinder) for finder in sys.meta_path) == 1
    for name in (CONVOLUTION.stem, FILTERS.stem):
        monkeypatch.delitem(sys.modules, name, raising=False)
    try:
        filters = importlib.import_module(FILTERS.stem)
        assert filters.blur(filters.np.full((3, 3), 9.0)).tolist() == [[9.0]]
        (hw / "ex05_relu.ipynb").write_text("{")
        with pytest.raises(ImportError, match=r"ex05_relu\.ipynb is damaged"):
            importlib.import_module("ex05_relu")
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("ex06_max_pooling")
    finally:
        for name in (CONVOLUTION.stem, FILTERS.stem):
            sys.modules.pop(name, None)


@pytest.mark.slow
def test_an_executed_notebook_has_the_result_of_the_check(hw):
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient and ipykernel: pip install nbclient ipykernel")
    import nbformat

    write_solution(hw, FILTERS, "blur(np.full((3, 3), 9.0)).tolist()")
    notebook = nbformat.read(hw / FILTERS.notebook, as_version=4)
    nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(hw)}}).execute()
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert codes[-1].outputs[0]["data"]["text/plain"] == "[[9.0]]"
    printed = "".join(output["text"] for output in codes[-2].outputs)
    assert codes[-2].source == "%kcnn check filters"
    assert "ok filters   3.6/6 points" in printed
    assert "not saved" not in printed
