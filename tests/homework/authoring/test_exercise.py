import ast
import re
from dataclasses import replace

import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.homework.authoring.exercise import digest_text, find_exercise, list_exercises, order_by_need
from keras_cnn_course.lecture.contents import SLIDES

EXERCISES = list_exercises()
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


def functions_of(source):
    """Return the functions of a text by name, with the names of their parameters."""
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }


def test_there_are_thirteen_worth_a_hundred_points_and_two_without():
    """A homework folder of version 0.1 has the first thirteen, and its mark is out of 100 as then."""
    assert [exercise.number for exercise in EXERCISES] == list(range(1, 16))
    assert sum(exercise.points for exercise in EXERCISES[:13]) == 100
    assert [exercise.points for exercise in EXERCISES[13:]] == [0, 0]


@every_exercise
def test_an_exercise_is_complete(exercise):
    assert exercise.slide_key in SLIDES
    assert exercise.kind in ("numpy", "keras")
    assert len(exercise.accepted) >= 2
    assert len(exercise.hints) == 3
    assert all(len(hint) > 40 for hint in exercise.hints)
    assert len(exercise.load_mutants()) >= 4
    assert bool(exercise.load_checks().ask) == exercise.asks


@every_exercise
def test_all_its_answers_have_the_starters_signatures(exercise):
    starter = functions_of(exercise.read("starter.py"))
    assert list(starter) == list(exercise.functions)
    for source in (exercise.read("solution.py"), *exercise.accepted.values()):
        found = functions_of(source)
        assert {name: found[name] for name in starter} == starter


@every_exercise
def test_a_starter_says_what_to_do_and_checks_nothing(exercise):
    starter = exercise.read("starter.py")
    assert "TODO" in starter
    assert f"kcnn homework check {exercise.name}" in starter
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(starter)))
    for slide in re.findall(r"kcnn lecture ([a-z-]+)", starter):
        assert slide in SLIDES


@every_exercise
def test_a_starter_stays_one_whatever_an_editor_does_to_the_ends_of_lines(exercise):
    former = replace(exercise, former_starters=(digest_text("former = 1\n"),))
    for starter in (exercise.read("starter.py"), "former = 1\n"):
        for text in (starter, starter.rstrip(), f"{starter}\n \n", starter.replace("\n", " \n")):
            assert former.is_starter(text)
        assert not former.is_starter(f"{starter}x = 1\n")
        assert not former.is_starter(f" {starter}")


@every_exercise
def test_a_few_cases_are_worked_out_by_hand_and_eight_are_drawn(exercise):
    if exercise.name in ("keras_model", "training"):
        return  # one case each: a network is built, or trained
    checks = {check.name: check for check in exercise.load_checks().checks}
    assert len(checks) == len(exercise.load_checks().checks)
    for check in checks.values():
        by_hand = range(3, 6)  # more would not be read
        expected = by_hand if check.name.endswith("by hand") else [8] if check.name.endswith("random cases") else [1]
        assert check.cases in expected
    assert {check.function for check in checks.values() if check.function} == set(exercise.functions)


@every_exercise
def test_no_hint_is_the_solution(exercise):
    body = exercise.read("solution.py").partition('"""')[2]
    assert not any(hint in body or body in hint for hint in exercise.hints)


def test_what_is_needed_comes_first():
    assert [each.name for each in order_by_need((find_exercise("shift"),))] == ["max_pooling", "shift"]
    assert order_by_need(EXERCISES) == list(EXERCISES)


def test_an_unknown_exercise_is_reported_with_the_nearest_name():
    with pytest.raises(UsageError, match="Did you mean 'convolution'"):
        find_exercise("convolutoin")
