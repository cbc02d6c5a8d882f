"""The grader's own test, as a test: the NumPy exercises here, those in Keras among the slow tests."""

import pytest

from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.grading.proof import prove_exercise

NUMPY = [exercise for exercise in list_exercises() if exercise.kind == "numpy"]
KERAS = [exercise for exercise in list_exercises() if exercise.kind == "keras"]


@pytest.mark.parametrize("exercise", NUMPY, ids=lambda exercise: exercise.name)
def test_every_answer_is_judged_right(exercise, sandboxes):
    check_all(prove_exercise(exercise, sandboxes, students=("ada",)))


@pytest.mark.slow
@pytest.mark.parametrize("exercise", KERAS, ids=lambda exercise: exercise.name)
def test_every_answer_in_keras_is_judged_right(exercise, sandboxes):
    check_all(prove_exercise(exercise, sandboxes))


def check_all(found):
    assert found.surprises == []
    for kind, least in (("starter", 1), ("solution", 1), ("accepted", 2), ("mutant", 4)):
        right, whole = found.count(kind)
        assert right == whole >= least


def test_a_grader_that_is_wrong_would_be_found(sandboxes, monkeypatch):
    """Without its mistakes an exercise cannot diagnose, and the verification says so."""
    relu = next(exercise for exercise in NUMPY if exercise.name == "relu")
    monkeypatch.setattr(
        "keras_cnn_course.homework.judging.judge.diagnose",
        lambda check, cases, related: related[0] if related else None,
    )
    found = prove_exercise(relu, sandboxes)
    assert found.count("mutant")[0] < found.count("mutant")[1]
    assert found.count("solution") == (1, 1)
