"""Submissions to grade."""

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.judging.answers import render_answers

SOME = [find_exercise(name) for name in ("convolution", "padding", "filters", "relu")]


@pytest.fixture(scope="module")
def submit_once(tmp_path_factory):
    """As `submit`, for a whole module."""
    return make_writer(tmp_path_factory.mktemp("class"))


@pytest.fixture
def submit(tmp_path):
    """A function that writes a submission of correct solutions, with some files replaced."""
    return make_writer(tmp_path)


def make_writer(place):
    """Return a function that writes submissions into a folder."""

    def write(student, **replaced):
        folder = place / "submissions" / student
        folder.mkdir(parents=True)
        (folder / "homework.toml").write_text(f'student = "{student}"\n')
        (folder / "answers.toml").write_text(render_answers(student, solved=list_exercises()))
        for exercise in SOME:
            (folder / exercise.file).write_text(replaced.get(exercise.name, exercise.read("solution.py")))
        return folder

    return write
