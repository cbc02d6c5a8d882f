"""The notebooks are valid, complete and runnable; their sources hold no output."""

import json

import nbformat
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.notebooks.writing import convert, read_sources

NAMES = list(read_sources())


def test_there_are_five_in_the_order_of_the_course():
    assert NAMES == [
        "01-the-lecture-by-hand",
        "02-the-first-cnn",
        "03-what-the-filters-learned",
        "04-a-network-of-your-own",
        "05-your-own-images",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_valid_and_its_code_compiles(name):
    source = read_sources()[name]
    notebook = nbformat.reads(convert(source), as_version=4)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[:2] == ["markdown", "code"], "a title and an introduction first"
    assert kinds.count("code") == source.count("```python")
    for cell in notebook.cells:
        assert "```" not in cell.source
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            compile(cell.source, name, "exec")


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_asks_the_reader_and_names_the_next_one(name):
    source = read_sources()[name]
    assert "**Your turn.**" in source
    assert "## What comes next" in source
    following = NAMES[NAMES.index(name) + 1 :][:1]
    assert [f"`{other}.ipynb`" in source for other in following] == [True] * len(following)


def test_the_command_writes_them_and_keeps_what_is_there(tmp_path):
    folder = tmp_path / "course"
    first = CliRunner().invoke(kcnn, ["notebook", str(folder)])
    assert first.exit_code == 0, first.output
    assert first.stdout.split() == [str(folder / f"{name}.ipynb") for name in NAMES]
    assert json.loads((folder / f"{NAMES[0]}.ipynb").read_text(encoding="utf-8"))["nbformat"] == 4
    (folder / f"{NAMES[1]}.ipynb").write_text("my answers")
    (folder / f"{NAMES[2]}.ipynb").unlink()
    again = CliRunner().invoke(kcnn, ["notebook", str(folder)])
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert "4 of 5 were there already and are unchanged." in again.stderr
    assert (folder / f"{NAMES[1]}.ipynb").read_text() == "my answers"
    assert (folder / f"{NAMES[2]}.ipynb").is_file()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(kcnn, ["notebook", str(tmp_path / "file" / "course")])
    assert result.exit_code == 1
    assert "Cannot write" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_from_top_to_bottom(name, tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient and ipykernel: pip install nbclient ipykernel")
    notebook = nbformat.reads(convert(read_sources()[name]), as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    # A training's progress is one output that changes, and its result another.
    assert all(len(cell.outputs) <= 4 for cell in codes if "kcnn.train(" in cell.source)
    pictures = [output for cell in codes for output in cell.outputs if "image/png" in output.get("data", {})]
    assert pictures or name == "04-a-network-of-your-own"
