"""What students read in the exercises: commands and slides that exist, and short sentences."""

import ast
import re

import pytest

from keras_cnn_course.catalog.recipes import recipe_names
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.lecture.contents import SLIDES

EXERCISES = pytest.mark.parametrize("exercise", list_exercises(), ids=lambda exercise: exercise.name)
MOST_WORDS = 30


def list_mistakes(exercise):
    return [mistake for check in exercise.load_checks().checks for mistake in check.mistakes]


@EXERCISES
def test_a_starter_says_how_to_check_it_and_names_slides_that_exist(exercise):
    text = ast.get_docstring(ast.parse(exercise.read("starter.py")))
    assert text.startswith(f"Exercise {exercise.number}: ")
    assert text.splitlines()[-1].endswith(f"kcnn homework check {exercise.name}")
    quoted = re.findall(r"Slides? (?:\"(.+?)\":|'(.+?)')", " ".join(text.split()))
    for title in filter(None, sum(quoted, ())):
        assert title in [slide.title for slide in SLIDES.values()]


@EXERCISES
def test_commands_in_starters_and_hints_exist(exercise):
    text = " ".join([exercise.read("starter.py"), *exercise.hints])
    known = {"lecture": SLIDES, "show": recipe_names(), "filters": ["runs/cnn-001"], "homework": ["check"]}
    commands = re.findall(r"kcnn (\w+) ([\w/-]+)", text)
    assert commands
    for name, argument in commands:
        assert argument in known[name], f"kcnn {name} {argument}"


@EXERCISES
def test_there_are_three_hints(exercise):
    assert len(exercise.hints) == 3
    assert all(hint.endswith((".", "?")) for hint in exercise.hints)


@EXERCISES
def test_each_diagnosis_is_one_or_two_short_sentences(exercise):
    for mistake in list_mistakes(exercise):
        for text in (mistake.says, mistake.lecture):
            assert text.endswith((".", '").'))
            assert all(len(sentence.split()) <= MOST_WORDS for sentence in re.split(r"[.:?] ", text)), text


@EXERCISES
def test_a_diagnosis_does_not_contain_the_solution(exercise):
    solution = ast.parse(exercise.read("solution.py"))
    lines = {ast.unparse(node.value) for node in ast.walk(solution) if isinstance(node, ast.Return) and node.value}
    for mistake in list_mistakes(exercise):
        assert not [line for line in lines if len(line) > 10 and line in mistake.says + mistake.lecture]


def test_every_question_is_a_question():
    for name in ("padding", "receptive_field", "parameters"):
        from keras_cnn_course.homework.judging.answers import ask

        for question in ask(find_exercise(name), "ada"):
            assert question.text.endswith("?")
            assert all(says.endswith(".") for _, says in question.mistakes)
