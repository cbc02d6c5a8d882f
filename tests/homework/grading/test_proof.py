"""The proof that the grader is correct; the exercises in Keras are among the slow tests."""

import pytest

from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.grading.proof import prove_exercise

NUMPY = [exercise for exercise in list_exercises() if exercise.kind == "numpy"]
KERAS = [exercise for exercise in list_exercises() if exercise.kind == "keras"]


@pytest.mark.slow
@pytest.mark.parametrize("exercise", NUMPY, ids=lambda exercise: exercise.name)
def test_every_version_is_judged_correctly(exercise, sandboxes):
    check_all(prove_exercise(exercise, sandboxes, students=("ada",)))


@pytest.mark.slow
@pytest.mark.parametrize("exercise", KERAS, ids=lambda exercise: exercise.name)
def test_every_version_in_keras_is_judged_correctly(exercise, sandboxes):
    check_all(prove_exercise(exercise, sandboxes))


def check_all(found):
    assert found.surprises == []
    for kind, least in (("starter", 1), ("solution", 1), ("accepted", 2), ("mutant", 4)):
        judged_correctly, number = found.count(kind)
        assert judged_correctly == number >= least


def test_a_wrong_grader_would_be_found(sandboxes, monkeypatch):
    """Without its known mistakes an exercise has no diagnoses, and the proof reports that."""
    relu = next(exercise for exercise in NUMPY if exercise.name == "relu")
    monkeypatch.setattr(
        "keras_cnn_course.homework.judging.judge.diagnose",
        lambda check, cases, related: related[0] if related else None,
    )
    found = prove_exercise(relu, sandboxes)
    assert found.count("mutant")[0] < found.count("mutant")[1]
    assert found.count("solution") == (1, 1)
