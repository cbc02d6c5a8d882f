"""In exercise 10, the verdict on a model does not depend on the random weights and labels that it is tried with."""

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.judging.planning import plan_case
from keras_cnn_course.homework.sandbox.messages import CallOutcome

EXERCISE = find_exercise("keras_model")
(CHECK,) = EXERCISE.load_checks().checks


def judge(source, seed):
    from keras_cnn_course.homework.sandbox.keras_drivers import inspect_model

    space = {}
    exec(compile(source, "model", "exec"), space)
    case = plan_case(EXERCISE, CHECK, seed=seed)
    arrays = tuple(inspect_model(space["build_model"], case.calls[0].arguments))
    return CHECK.judge(case.calls, [CallOutcome("returned", arrays)])


@pytest.mark.slow
def test_a_loss_of_clipped_probabilities_is_as_correct_as_one_of_logits(started):
    # With this seed, a label's probability is below 1e-7. Keras clips it, so the two models have different losses.
    assert judge(EXERCISE.read("solution.py"), 107) is None
    assert judge(EXERCISE.accepted["functional_logits"], 107) is None
