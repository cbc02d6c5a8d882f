"""A homework folder of version 0.1, in which convolution passed, relu is started, and a hint and an answer are used."""

import json
import shutil
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.judging.planning import Work

FOLDER = Path(__file__).with_name("hw-0.1.0")
THIRTEEN = [exercise for exercise in list_exercises() if (FOLDER / exercise.file).is_file()]
WORKED_ON = {"ex01_convolution.py", "ex05_relu.py", "answers.toml"}


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(FOLDER, tmp_path / "hw"))


@pytest.mark.usefixtures("folder")
def test_its_progress_is_kept(run):
    states = {each["name"]: each["state"] for each in json.loads(run("list", "--json").stdout)}
    assert states.pop("convolution") == "passed"
    assert states.pop("relu") == states.pop("padding") == "started"  # of padding, a question is answered
    assert set(states.values()) == {"not started"}
    assert "Hint 2 of 3" in run("hint", "padding").stdout


@pytest.mark.parametrize("exercise", THIRTEEN, ids=lambda exercise: exercise.name)
def test_its_starters_count_as_not_started_even_without_its_state(exercise):
    """A submission does not contain the state of the folder."""
    source = (FOLDER / exercise.file).read_text()
    is_started = Work("ada", {exercise.stem: source}).is_started(exercise)
    assert is_started == (exercise.file in WORKED_ON)
    assert Work("ada", {exercise.stem: source + "x = 1\n"}).is_started(exercise)


@pytest.mark.usefixtures("folder")
def test_its_work_is_checked(run):
    assert run("check", "convolution").exit_code == 0
    result = run("check", "relu")
    assert result.exit_code == 1
    assert "absolute value" in result.stdout


def test_an_upgrade_replaces_its_starters_and_leaves_its_work(run, folder):
    before = {name: (folder / name).read_text() for name in WORKED_ON}
    result = run("upgrade")
    assert result.exit_code == 0, result.output
    assert {name: (folder / name).read_text() for name in WORKED_ON} == before
    for exercise in list_exercises():
        given = folder / (f"{exercise.file}.new" if exercise.file in WORKED_ON else exercise.file)
        assert given.read_text() == exercise.read("starter.py")
    assert (folder / "ex01_convolution.py").read_text() != find_exercise("convolution").read("starter.py")
    assert run("upgrade").stdout.count("\n") == 1


def test_its_submission_is_graded(run, folder):
    (folder.parent / "secret.txt").write_text("a secret of the class")
    assert run("submit", "-o", "hw.zip", "--no-check").exit_code == 0
    result = run("grade", "hw.zip", "--secret", "secret.txt", "--only", "convolution,padding,relu", "--format", "json")
    assert result.exit_code == 0, result.output
    (submission,) = json.loads(result.stdout)["submissions"]
    assert (submission["student"], submission["status"]) == ("ada", "graded")
    found = {each["exercise"]: each for each in submission["exercises"]}
    assert (found["convolution"]["passed"], found["convolution"]["score"]) == (
        True,
        find_exercise("convolution").points,
    )
    assert found["padding"]["is_untouched"]
    assert found["relu"]["diagnosis"] == "absolute value"
    assert found["relu"]["score"] == 0


def test_its_mark_is_out_of_a_hundred_as_then(run, folder):
    (folder.parent / "secret.txt").write_text("a secret of the class")
    assert len(THIRTEEN) == 13
    assert run("submit", "-o", "hw.zip", "--no-check").exit_code == 0
    result = run(
        "grade", "hw.zip", "--secret", "secret.txt", "--only", "relu,occlusion,calibration", "--format", "json"
    )
    (submission,) = json.loads(result.stdout)["submissions"]
    assert submission["max_score"] == find_exercise("relu").points
    assert [each["points"] for each in submission["exercises"]] == [find_exercise("relu").points, 0, 0]
    assert sum(exercise.points for exercise in list_exercises()) == 100
