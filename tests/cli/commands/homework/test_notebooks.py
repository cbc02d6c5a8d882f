"""Homework in notebooks: given out, checked, handed in and graded."""

import json
import zipfile

import pytest

from keras_cnn_course.files.notebook_file import Cell, read_cells, render_notebook
from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.authoring.starter_cells import split_starter
from keras_cnn_course.homework.judging.planning import PYTHON

CONVOLUTION, RELU = find_exercise("convolution"), find_exercise("relu")
GRADE = ["--secret", "secret.txt", "--only", "1,3,5"]


def as_notebook(source, name="relu"):
    """Return a notebook of a solution as a student has it: with the check, its output, and a picture."""
    cells = [Cell("code", "%load_ext keras_cnn_course"), *(Cell("code", piece) for piece in split_starter(source)[1])]
    values = json.loads(render_notebook([Cell("markdown", "Text"), *cells, Cell("code", f"%kcnn check {name}")]))
    values["cells"][-1] |= {
        "execution_count": 7,
        "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0K" * 100_000}}],
    }
    return json.dumps(values)


@pytest.fixture
def notebooks(run):
    """A homework folder of notebooks with three of the exercises."""
    assert run("start", "hw", "--student", "ada", "--notebook", "--only", "1,3,relu").exit_code == 0


def test_notebooks_are_given_out_checked_and_reset(run, notebooks, tmp_path):
    hw = tmp_path / "hw"
    assert sorted(path.name for path in hw.glob("ex*")) == [
        "ex01_convolution.ipynb",
        "ex03_filters.ipynb",
        "ex05_relu.ipynb",
    ]
    assert "`ex01_convolution.ipynb`" in (hw / "README.md").read_text()
    assert not (hw / "answers.toml").exists()
    assert "Start with ex05_relu.ipynb." in run("check", "relu").stdout
    (hw / RELU.notebook).write_text(as_notebook(RELU.read("solution.py")))
    result = run("check", hw / "ex05_relu.ipynb")
    assert result.exit_code == 0
    assert "The homework has 3." in result.stdout
    assert [line.split()[1:4] for line in run("list").stdout.splitlines()[1:4]] == [
        ["convolution", "not", "started"],
        ["filters", "not", "started"],
        ["relu", "passed", "relu"],
    ]
    (hw / RELU.notebook).write_text(as_notebook(RELU.read("solution.py")).replace("Text", "Another text"))
    assert "passed" in run("list").stdout
    assert "Not started: convolution, filters" in run("submit", "-o", "hw.zip").stderr
    with zipfile.ZipFile(tmp_path / "hw.zip") as archive:
        assert "ex05_relu.ipynb" in archive.namelist()
    assert "is up to date" in run("upgrade").stdout
    assert "relu-001.ipynb" in run("reset", "relu").stdout
    assert "not started" in run("check", "relu").stdout
    assert "%kcnn check relu" in [cell.source for cell in read_cells((hw / RELU.notebook).read_text())]


def test_a_mistake_is_reported_with_its_cell(run, notebooks, tmp_path):
    source = RELU.read("solution.py").replace("return ", "return nothing + ")
    (tmp_path / "hw" / RELU.notebook).write_text(as_notebook(source))
    text = run("check", "relu").stdout
    assert "relu raised NameError on line 4 of ex05_relu.ipynb, code cell 3: return nothing +" in text
    (tmp_path / "hw" / RELU.notebook).write_text(as_notebook(RELU.read("solution.py")).replace('np"', 'np\\n\\nx = ("'))
    assert f"ex05_relu.ipynb, code cell 2, line 3 is not valid Python {PYTHON}: x = (" in run("check", "relu").stdout


def test_one_rule_for_a_folder_with_both(run, notebooks, tmp_path):
    hw = tmp_path / "hw"
    wrong = mutate(RELU.read("solution.py"), RELU.load_mutants()[0])
    (hw / RELU.file).write_text(RELU.read("starter.py"))
    (hw / RELU.notebook).write_text(as_notebook(RELU.read("solution.py")))
    result = run("check", "relu")
    assert result.exit_code == 0
    assert "both here: the notebook counts, because the Python file is unchanged." in result.stdout
    (hw / RELU.file).write_text(wrong)
    (both,) = json.loads(run("check", "relu", "--json").stdout)
    assert (both["passed"], both["file"]) == (False, "ex05_relu.py")
    assert both["note"].endswith("both here: the Python file counts, because it has been changed.")


@pytest.fixture
def graded(run, tmp_path):
    """A function that grades hand-ins: files by student, and returns the rows."""

    def grade(**students):
        (tmp_path / "secret.txt").write_text("a secret of some length")
        for student, files in students.items():
            folder = tmp_path / "class" / student
            folder.mkdir(parents=True)
            (folder / "homework.toml").write_text('student = "ada"\n')
            for name, text in files.items():
                (folder / name).write_text(text)
        result = run("grade", "class", *GRADE, "--format", "json", "--out", "all.json")
        submissions = json.loads((tmp_path / "all.json").read_text())["submissions"]
        return result, {each["submission"].split("/")[-1]: each for each in submissions}

    return grade


def test_a_notebook_gets_the_mark_of_the_same_code_and_a_bad_one_the_reason(graded, tmp_path):
    wrong = mutate(CONVOLUTION.read("solution.py"), CONVOLUTION.load_mutants()[0])
    filters = find_exercise("filters").read("solution.py")
    sources = {CONVOLUTION.stem: wrong, "ex03_filters": filters, RELU.stem: RELU.read("solution.py")}
    plain = {f"{stem}.py": source for stem, source in sources.items()}
    notebook = {f"{stem}.ipynb": as_notebook(source) for stem, source in sources.items()}
    copied = {f"{stem}-Copy1 (2).ipynb": as_notebook(source) for stem, source in sources.items()}
    relu = as_notebook(RELU.read("solution.py"))
    result, rows = graded(
        plain=plain,
        notebook=notebook,
        copied=copied,
        magic={**notebook, RELU.notebook: relu.replace("import numpy", "%timeit 1\\nimport numpy")},
        damaged={**notebook, RELU.notebook: relu[:-50]},
        old={**notebook, RELU.notebook: json.dumps({"nbformat": 3, "worksheets": []})},
        empty={**notebook, RELU.notebook: render_notebook([Cell("markdown", "Nothing")])},
        large={**notebook, RELU.notebook: relu + " " * (1 << 24)},
    )
    exercises = {name: row["exercises"] for name, row in rows.items()}
    for name in ("notebook", "copied"):
        scores = [(each["exercise"], each["score"]) for each in exercises[name]]
        assert scores == [(each["exercise"], each["score"]) for each in exercises["plain"]]
    assert 0 < rows["plain"]["score"] == rows["notebook"]["score"] < 18
    assert "was read as ex05_relu.ipynb" in rows["copied"]["message"]
    for name, reason in {
        "magic": "ex05_relu.ipynb has the line '%timeit 1' in code cell 2, which is not Python. Delete this line.",
        "damaged": "ex05_relu.ipynb is damaged",
        "old": "ex05_relu.ipynb has version 3 of the notebook format",
        "empty": "ex05_relu.ipynb has no code cell with code in it.",
    }.items():
        assert reason in rows[name]["message"]
        assert [each["score"] for each in exercises[name]][-1] == 0
        assert rows[name]["score"] == rows["notebook"]["score"] - RELU.points
    assert rows["large"]["score"] is None
    assert "is too large" in rows["large"]["message"]
    assert result.exit_code == 1


def test_loose_notebooks_in_a_platforms_zip_are_graded(run, tmp_path):
    (tmp_path / "secret.txt").write_text("a secret of some length")
    (tmp_path / "roster.csv").write_text("Student,ID,SIS Login ID\nAda Lovelace,12,ada\nGrace Hopper,13,grace\n")
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as archive:
        archive.writestr("lovelaceada_12_345_ex05_relu-1.ipynb", as_notebook(RELU.read("solution.py")))
        archive.writestr("hoppergrace_LATE_13_346_ex05_relu.ipynb", as_notebook(RELU.read("solution.py")))
    result = run("grade", "canvas.zip", "--roster", "roster.csv", *GRADE[:2], "--only", "relu")
    assert result.exit_code == 0, result.output
    rows = [line.split(",")[:4] for line in result.stdout.splitlines()[1:]]
    assert rows == [["hoppergrace_13", "grace", "graded", "4"], ["lovelaceada_12", "ada", "graded", "4"]]
