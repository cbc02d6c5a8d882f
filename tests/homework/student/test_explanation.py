import numpy as np
import pytest

from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.judging.judge import Replay, replay_case
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.homework.student.explanation import explain_replay, list_panels
from keras_cnn_course.plots.homework_case import can_be_drawn, plot_case
from keras_cnn_course.plots.saving import render_png

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


@pytest.mark.parametrize(
    ("result", "shown"),
    [("np.full((2, 2), -np.inf)", "-inf -inf"),
     ("np.full((9, 20), np.inf)", "[9x20 numbers from inf to inf, mean inf]"),
     ("np.array([[np.inf, -np.inf]])", "inf -inf"), ("[]", "yours, 0"), ("np.zeros((0, 3))", "yours, 0x3")],
)  # fmt: skip
def test_results_that_are_infinite_or_empty_are_shown_and_drawn(result, shown, sandboxes):
    exercise = find_exercise("convolution")
    source = f"import numpy as np\ndef convolve(image, kernel):\n    return {result}\n"
    found = replay(exercise, source, sandboxes, check="cases by hand", number=0)
    assert shown in "\n".join(explain_replay(exercise, found, related=[]))
    drawn = [(panel.title, panel.values) for panel in list_panels(exercise, found) if can_be_drawn(panel.values)]
    render_png(plot_case("a case", drawn, ""))


def test_a_call_is_shown_with_the_sizes_of_its_arrays():
    weights = np.zeros((3, 3, 1, 4)), np.zeros(4)
    for name, arguments, text in (
        ("keras_model", (np.zeros((6, 8, 8, 1)), np.zeros(6), weights, (8, 8, 1), 4, 5, 3),
         "build_model(images=6x8x8x1 array, labels=6 array, weights=(3x3x1x4 array, 4 array), input_shape=(8, 8, 1), "
         "filters=4, units=5, classes=3)"),
        ("learned_filters", (np.zeros((1, 1, 1, 2)), 3), "read_filters(kernels=1x1x1x2 array, style=3)"),
    ):  # fmt: skip
        exercise = find_exercise(name)
        check = exercise.load_checks().checks[0]
        call = Call(exercise.functions[0], arguments)
        assert explain_replay(exercise, Replay(check, (call,), (), None), related=[])[0] == text
