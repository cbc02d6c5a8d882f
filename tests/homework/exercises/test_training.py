"""In exercise 11, the lower accuracy of the predictions and of the models counts."""

import numpy as np
import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.judging.planning import plan_case
from keras_cnn_course.homework.sandbox.messages import CallOutcome

CHECK = find_exercise("training").load_checks().checks[0]
CASE = plan_case(find_exercise("training"), CHECK, seed=7)
LABELS = CASE.calls[0].kept


def judge(predictions, *outputs, trained=True):
    flags = np.full(len(outputs), trained)
    arrays = tuple(np.asarray(array) for array in (predictions, flags, *outputs))
    return CHECK.judge(CASE.calls, [CallOutcome("returned", arrays)])


def outputs_with(accuracy):
    """Return the outputs of a model that has this accuracy."""
    outputs = np.eye(10, dtype=np.float32)[LABELS]
    wrong = int((1 - accuracy) * len(LABELS))
    outputs[:wrong] = np.roll(outputs[:wrong], 1, axis=1)
    return outputs


def test_perfect_predictions_without_a_model_earn_nothing():
    problem = judge(LABELS)
    assert (problem.key, problem.credit) == ("no model", 0.0)


def test_perfect_predictions_beside_a_model_that_guesses_earn_nothing():
    problem = judge(LABELS, outputs_with(0.1))
    assert (problem.key, round(problem.credit, 2)) == ("chance", 0.0)


def test_a_perfect_model_that_nothing_has_trained_earns_nothing():
    problem = judge(LABELS, outputs_with(1.0), trained=False)
    assert (problem.key, problem.credit) == ("not trained", 0.0)


def test_perfect_predictions_beside_a_poor_model_earn_what_the_model_deserves():
    problem = judge(LABELS, outputs_with(0.5))
    assert (problem.key, round(problem.credit, 2)) == ("accuracy", 0.49)


def test_a_good_model_gets_full_marks_only_for_its_own_predictions():
    outputs = outputs_with(0.97)
    assert judge(outputs.argmax(axis=1), outputs) is None
    assert judge((LABELS + 1) % 10, outputs).key == "chance"


def test_several_models_may_vote():
    generator = np.random.default_rng(0)
    outputs = [outputs_with(1.0) + 0.45 * generator.normal(size=(len(LABELS), 10)) for _ in range(5)]
    assert all(judge(output.argmax(axis=1), output) is not None for output in outputs)
    assert judge(np.mean(outputs, axis=0).argmax(axis=1), *outputs) is None


@pytest.mark.parametrize(
    ("shape", "says"),
    [((360, 1), "row of its own"), ((360, 10), "probabilities"), ((10,), "most likely image"), ((7,), "")],
)
def test_each_wrong_shape_has_its_own_explanation(shape, says):
    problem = judge(np.zeros(shape), outputs_with(1.0))
    assert problem.key == "shape"
    assert (says in problem.says) if says else problem.says == ""
