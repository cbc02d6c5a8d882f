import pytest

from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult, ExerciseResult


def check(name, *problems, weight=1, is_telling=False):
    cases = tuple(CaseResult(number, number, problem) for number, problem in enumerate(problems))
    first = next((problem for problem in problems if problem), None)
    return CheckResult(name, weight, cases, first, is_telling)


WRONG = Problem("values", "[0] is 1, expected 2.")


def test_public_checks_are_worth_sixty_percent():
    result = ExerciseResult("relu", 10, (check("a", None), check("b", None, weight=2)))
    assert (result.public_points, result.hidden_points, result.score) == (6.0, 0.0, 6.0)
    assert result.passed


def test_points_follow_the_weights_of_the_checks_that_pass():
    result = ExerciseResult("relu", 10, (check("a", None), check("b", None, WRONG, weight=2)))
    assert result.public_points == 2.0
    assert not result.passed
    assert result.problem == WRONG


def test_graded_cases_are_worth_the_rest():
    result = ExerciseResult("relu", 10, (check("a", None),), (check("a", None),))
    assert (result.public_points, result.hidden_points, result.score) == (6.0, 4.0, 10.0)


def test_public_cases_earn_no_more_than_the_graded_ones_of_the_same_check():
    result = ExerciseResult("relu", 10, (check("hand", None), check("random", None)), (check("random", WRONG),))
    assert (result.public_points, result.hidden_points) == (3.0, 0.0)


def test_a_case_may_earn_a_part():
    half = Problem("accuracy", "80% are correct.", credit=0.5)
    result = ExerciseResult("training", 10, (check("accuracy", half),), (check("accuracy", None),))
    assert (result.public_points, result.hidden_points) == (3.0, 4.0)
    assert not result.passed


def test_a_telling_check_is_reported_before_a_number_that_is_not_as_expected():
    telling = check("constant", Problem("constant", "It must stay constant."), is_telling=True)
    assert ExerciseResult("filters", 6, (check("random", WRONG), telling)).reported == telling
    explained = check("random", Problem("wrong sign", "[0] is 1.", "The sign is wrong."))
    assert ExerciseResult("filters", 6, (explained, telling)).reported == explained


def test_nothing_to_do_is_not_passed():
    assert not ExerciseResult("relu", 4, ()).passed
    assert ExerciseResult("relu", 4, ()).score == pytest.approx(0)
