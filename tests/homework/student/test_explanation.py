import numpy as np
import pytest

from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.judging.judge import replay_case
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.student.explanation import explain_replay, list_panels

NUMPY = [exercise for exercise in list_exercises() if exercise.kind == "numpy"]


def replay(exercise, source, sandboxes, *, check, **which):
    checks = {each.name: each for each in exercise.load_checks().checks}
    return replay_case(exercise, Work("ada", {exercise.stem: source}), sandboxes, check=checks[check], **which)


def test_a_wrong_case_shows_arguments_result_expected_result_and_difference(sandboxes):
    exercise = find_exercise("convolution")
    source = mutate(exercise.read("solution.py"), exercise.load_mutants()[0])
    found = replay(exercise, source, sandboxes, check="random cases", seed=0x5F2A)
    lines = explain_replay(exercise, found, related=[])
    assert lines[0].startswith("convolve(image=")
    text = "\n".join(lines)
    for words in ("image, ", "kernel, ", "yours, ", "expected, ", "difference, ", "rotated by 180 degrees"):
        assert words in text
    titles = [panel.title for panel in list_panels(exercise, found)]
    assert titles == ["image", "kernel", "yours", "expected", "difference"]
    yours, expected, difference = (panel.values for panel in list_panels(exercise, found)[2:])
    np.testing.assert_allclose(yours - expected, difference)


def test_a_case_that_passes_and_a_property(sandboxes):
    exercise = find_exercise("convolution")
    found = replay(exercise, exercise.read("solution.py"), sandboxes, check="linearity", seed=1)
    lines = explain_replay(exercise, found, related=[])
    assert lines[-1] == "This case passes."
    assert sum(line.startswith("convolve(") for line in lines) == 3


def test_a_function_that_fails_is_explained_without_a_result(sandboxes):
    exercise = find_exercise("relu")
    found = replay(exercise, "def relu(values):\n    return 1 / 0\n", sandboxes, check="cases by hand", number=1)
    assert found.problem.key == "raised"
    assert "ZeroDivisionError" in explain_replay(exercise, found, related=[])[-2]
    broken = replay(exercise, "def", sandboxes, check="cases by hand")
    assert "not valid Python" in "\n".join(explain_replay(exercise, broken, related=[]))


@pytest.mark.parametrize("exercise", NUMPY, ids=lambda exercise: exercise.name)
def test_every_check_of_every_exercise_can_be_explained(exercise, sandboxes):
    for check in exercise.load_checks().checks:
        which = {"seed": 7} if check.is_random else {"number": check.cases - 1}
        found = replay(exercise, exercise.read("solution.py"), sandboxes, check=check.name, **which)
        assert explain_replay(exercise, found, related=[])[-1] == "This case passes."
