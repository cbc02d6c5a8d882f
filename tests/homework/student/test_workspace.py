import json
import tomllib

import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.files import foreign as regular_file
from keras_cnn_course.homework.authoring.exercise import digest_text, find_exercise, list_exercises
from keras_cnn_course.homework.judging.answers import render_answers
from keras_cnn_course.homework.judging.planning import PYTHON
from keras_cnn_course.homework.student.notebook_code import read_code
from keras_cnn_course.homework.student.workspace import (
    find_workspace,
    locate_workspace,
    open_workspace,
    start_workspace,
)

RELU = find_exercise("relu")


def test_a_new_folder_has_all_that_is_given_out(hw):
    names = {path.name for path in hw.iterdir() if path.name != ".lock"}
    assert names == {
        "homework.toml",
        "README.md",
        "answers.toml",
        ".kcnn",
        *(exercise.file for exercise in list_exercises()),
    }
    identity = tomllib.loads((hw / "homework.toml").read_text())
    assert (identity["student"], identity["python"]) == ("ada", PYTHON)
    workspace = open_workspace(hw)
    assert {workspace.describe(exercise) for exercise in list_exercises()} == {"not started"}


def test_an_empty_folder_may_be_filled_and_another_not(tmp_path):
    (tmp_path / "hw").mkdir()
    start_workspace(tmp_path / "hw", "ada")
    before = sorted(path.name for path in (tmp_path / "hw").iterdir())
    with pytest.raises(HomeworkError, match="is not empty"):
        start_workspace(tmp_path / "hw", "grace")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(HomeworkError, match="is not empty"):
        start_workspace(tmp_path / "mine", "ada")
    assert sorted(path.name for path in (tmp_path / "hw").iterdir()) == before
    assert [path.name for path in (tmp_path / "mine").iterdir() if path.name != ".lock"] == ["notes.txt"]


def test_the_folder_is_found_from_in_it_below_it_and_beside_it(tmp_path, monkeypatch, hw):
    for place in (hw, hw / ".kcnn", tmp_path):
        monkeypatch.chdir(place)
        assert locate_workspace() == hw
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(HomeworkError, match="kcnn homework start"):
        find_workspace(tmp_path / "elsewhere")


def test_reset_gives_the_starter_out_again_and_loses_nothing(hw):
    (hw / RELU.file).write_text("first try")
    kept = [open_workspace(hw).reset(RELU)]
    assert (hw / RELU.file).read_text() == RELU.read("starter.py")
    (hw / RELU.file).write_text("second try")
    kept.append(open_workspace(hw).reset(RELU))
    assert [path.read_text() for path in kept] == ["first try", "second try"]
    (hw / RELU.file).unlink()
    assert open_workspace(hw).reset(RELU) is None
    assert (hw / RELU.file).read_text() == RELU.read("starter.py")


def pretend_older(hw, *names):
    """Make files and the memory of them as an older version of the course would have given them out."""
    state = json.loads((hw / ".kcnn" / "state.json").read_text())
    for name in names:
        (hw / name).write_text("# older\n")
        state["given"][name] = digest_text("# older\n")
    (hw / ".kcnn" / "state.json").write_text(json.dumps(state))


def test_an_upgrade_replaces_what_is_untouched_and_lays_the_new_beside_work(hw):
    layer = find_exercise("layer")
    pretend_older(hw, RELU.file, layer.file)
    (hw / layer.file).write_text("my work on the older one")
    (hw / "ex01_convolution.py").write_text("my work on the same one")
    written = open_workspace(hw).upgrade()
    assert {path.name for path in written} == {RELU.file, f"{layer.file}.new"}
    assert (hw / RELU.file).read_text() == RELU.read("starter.py")
    assert (hw / layer.file).read_text() == "my work on the older one"
    assert (hw / f"{layer.file}.new").read_text() == layer.read("starter.py")
    assert (hw / "ex01_convolution.py").read_text() == "my work on the same one"
    assert open_workspace(hw).upgrade() == {}


def test_an_upgrade_keeps_the_notes_in_a_notebook_without_new_code(tmp_path):
    hw = start_workspace(tmp_path / "hw", "ada", exercises=[RELU], as_notebooks=True).folder
    notebook = json.loads((hw / RELU.notebook).read_text())
    notebook["cells"].append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "My derivation."})
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["source"] = "older = 1"
    (hw / RELU.notebook).write_text(json.dumps(notebook))
    state = json.loads((hw / ".kcnn" / "state.json").read_text())
    state["given"][RELU.notebook] = digest_text(read_code(json.dumps(notebook), limit=10_000).text)
    (hw / ".kcnn" / "state.json").write_text(json.dumps(state))
    kept = open_workspace(hw).upgrade()[hw / RELU.notebook]
    assert "My derivation." in kept.read_text()
    assert "My derivation." not in (hw / RELU.notebook).read_text()


def test_an_upgrade_brings_files_that_were_not_there(hw):
    (hw / RELU.file).unlink()
    state = json.loads((hw / ".kcnn" / "state.json").read_text())
    del state["given"][RELU.file]
    (hw / ".kcnn" / "state.json").write_text(json.dumps(state))
    assert [path.name for path in open_workspace(hw).upgrade()] == [RELU.file]


def test_a_pass_holds_as_long_as_the_file_stays(hw):
    (hw / RELU.file).write_text(RELU.read("solution.py"))
    workspace = open_workspace(hw)
    workspace.remember(workspace.state.with_pass("relu", digest_text(RELU.read("solution.py"))))
    assert open_workspace(hw).describe(RELU) == "passed"
    (hw / RELU.file).write_text(RELU.read("solution.py") + "\n")
    assert open_workspace(hw).describe(RELU) == "started"


def test_a_pass_holds_as_long_as_the_answers_are_correct(hw):
    padding = find_exercise("padding")
    (hw / padding.file).write_text(padding.read("solution.py"))
    workspace = open_workspace(hw)
    workspace.remember(workspace.state.with_pass("padding", digest_text(padding.read("solution.py"))))
    for solved, state in (([padding], "passed"), ([], "started"), ([padding], "passed")):
        (hw / "answers.toml").write_text(render_answers("ada", solved=solved))
        assert open_workspace(hw).describe(padding) == state


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"given": {}, "passed": {}}', '{"given": {"a": 1}, "passed": {}, "hints": {}}',
             '{"given": {}, "passed": {}, "hints": {"relu": "two"}}', '{"given": 1, "passed": {}, "hints": {}}']
)  # fmt: skip
def test_a_broken_memory_is_reported(text, hw):
    (hw / ".kcnn" / "state.json").write_text(text)
    with pytest.raises(HomeworkError, match=r"\.kcnn/state\.json .*\. Delete it; only the list"):
        open_workspace(hw)
    (hw / ".kcnn" / "state.json").unlink()
    assert open_workspace(hw).passed == set()


def test_a_file_that_may_not_be_read_is_reported(hw, monkeypatch):
    open_file = regular_file._open_descriptor

    def refuse(path, flags):
        if path.name == "ex05_relu.py":
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, flags)

    monkeypatch.setattr(regular_file, "_open_descriptor", refuse)
    with pytest.raises(HomeworkError, match=r"Cannot read .*ex05_relu\.py: Permission denied"):
        open_workspace(hw)
