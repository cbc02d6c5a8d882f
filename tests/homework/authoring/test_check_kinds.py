"""A check can judge anything that a sandbox returns, without an error, which would be the grader's fault."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_cnn_course.homework.authoring.arrays import CASES
from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.judging.judge import judge_cases
from keras_cnn_course.homework.judging.planning import plan_case
from keras_cnn_course.homework.sandbox.messages import CallOutcome, Failure, JobOutcome
from keras_cnn_course.homework.sandbox.server import Ending

CHECKS = [(exercise, check) for exercise in list_exercises() for check in exercise.load_checks().checks]
ENDING = Ending("exit", 0, 0.1, 0)

SHAPES = [(), (0,), (1,), (3, 4), (4, 3), (2, 2), (3, 3), (5, 5), (360,), (360, 10), (8, 10), (4, 5), (3,), (2, 1, 2)]
DTYPES = [np.float64, np.float32, np.float16, np.int64, np.uint64, np.uint8, np.bool_]
ARRAYS = st.tuples(st.sampled_from(SHAPES), st.sampled_from(DTYPES)).flatmap(
    lambda both: arrays(both[1], both[0], fill=st.sampled_from([0, 1]))
)
OUTCOMES = st.one_of(
    st.builds(
        CallOutcome,
        st.just("returned"),
        st.lists(ARRAYS, max_size=9).map(tuple),
        st.sampled_from(["ndarray", "int", ""]),
    ),
    st.builds(CallOutcome, st.just("raised"), failure=st.just(Failure("ValueError", "no"))),
    st.sampled_from([CallOutcome("missing"), CallOutcome("not run"), CallOutcome("not numbers", type="str")]),
)


@pytest.mark.parametrize(
    ("exercise", "check"), CHECKS, ids=[f"{exercise.name}: {check.name}" for exercise, check in CHECKS]
)
def test_a_check_judges_anything(exercise, check):
    case = plan_case(exercise, check, seed=7 if check.is_random else None)

    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    @given(st.lists(OUTCOMES, min_size=len(case.calls), max_size=len(case.calls)).map(tuple))
    def judge(outcomes):
        (problem,) = judge_cases(exercise, [case], JobOutcome(True, None, outcomes, "", ENDING))
        assert problem is None or isinstance(problem, Problem)
        if any(outcome.status != "returned" for outcome in outcomes):
            assert problem is not None
        assert problem is None or 0 <= problem.credit <= 1

    judge()


def test_correct_results_pass_in_any_precision():
    """Double precision passes, and so does single precision."""
    exercise, check = next(pair for pair in CHECKS if pair[0].name == "max_pooling" and pair[1].name == "random cases")
    case = plan_case(exercise, check, seed=7)
    correct = np.asarray(check.reference(*case.calls[0].arguments))
    for dtype in (np.float64, np.float32):
        outcome = JobOutcome(True, None, (CallOutcome("returned", (correct.astype(dtype),), "ndarray"),), "", ENDING)
        assert judge_cases(exercise, [case], outcome) == [None]


@pytest.mark.parametrize(
    "check",
    [check for exercise, check in CHECKS if exercise.kind == "numpy" and check.is_random and check.cases == CASES],
)
def test_everybody_gets_an_array_that_is_not_contiguous(check):
    calls = [call for number in range(CASES) for call in check.plan(np.random.default_rng(0), number)]
    given = [value for call in calls for value in call.arguments if isinstance(value, np.ndarray)]
    assert not given or any(not value.flags.c_contiguous for value in given), check.name
