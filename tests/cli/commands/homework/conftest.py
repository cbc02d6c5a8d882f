"""The command line in a folder of its own."""

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.homework.authoring.exercise import find_exercise


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs `kcnn homework ...` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words):
        result = CliRunner().invoke(kcnn, ["homework", *map(str, words)])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    return invoke


@pytest.fixture
def started(run, tmp_path):
    """A homework folder `hw` in that folder."""
    assert run("start", "--student", "ada").exit_code == 0
    return tmp_path / "hw"


@pytest.fixture
def solve(started):
    """A function that writes solutions, or other texts, into the homework folder."""

    def write(*names, **sources):
        for name in names:
            exercise = find_exercise(name)
            (started / exercise.file).write_text(exercise.read("solution.py"))
        for name, source in sources.items():
            (started / find_exercise(name).file).write_text(source)
        return started

    return write
