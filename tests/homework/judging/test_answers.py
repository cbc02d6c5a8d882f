import re
import tomllib

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.judging.answers import ask, judge_answers, render_answers

ASKING = [exercise for exercise in list_exercises() if exercise.asks]


def test_the_questions_are_about_shapes_counts_and_fields():
    assert [exercise.name for exercise in ASKING] == ["padding", "receptive_field", "parameters"]


def test_students_have_questions_of_their_own():
    assert len({render_answers(f"student-{number}") for number in range(20)}) == 20
    assert render_answers("ada") == render_answers("ada")


def test_what_is_given_out_is_toml_without_answers():
    values = tomllib.loads(render_answers("ada"))
    assert list(values) == [exercise.name for exercise in ASKING]
    assert {answer for table in values.values() for answer in table.values()} == {"?"}


@pytest.mark.parametrize("student", ["ada", "grace", "linus"])
def test_right_answers_pass_and_open_ones_do_not(student):
    for exercise in ASKING:
        solved = judge_answers(exercise, student, render_answers(student, solved=ASKING))
        assert [check.passed for check in solved] == [True, True]
        still_open = judge_answers(exercise, student, render_answers(student))
        assert [check.diagnosis.key for check in still_open] == ["not answered", "not answered"]


def test_a_convolutions_size_is_the_lectures():
    """The formula on the slide: (size - kernel) / stride, rounded down, plus 1."""
    pattern = r"A (\d+)x\1 kernel, stride (\d+) and no padding, on a (\d+)x(\d+) image"
    for number in range(30):
        question = ask(find_exercise("padding"), f"student-{number}")[0]
        kernel, stride, height, width = map(int, re.match(pattern, question.text).groups())
        assert question.expected == ((height - kernel) // stride + 1, (width - kernel) // stride + 1)


def test_a_known_mistake_is_explained():
    exercise = find_exercise("parameters")
    expected = ask(exercise, "ada")[0].expected
    text = f"[parameters]\nconvolution = {expected - expected // 10}\n"
    check = judge_answers(exercise, "ada", text)[0]
    assert check.diagnosis.says == "The biases are missing."


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("[padding\n", "cannot be read"),
        ("padding = 3\n", "not a table"),
        ("x = " + "[" * 5000, "cannot be read"),
        ("[padding]\noutput_shape = 1.5\n", "is not correct"),
        ("[padding]\noutput_shape = true\n", "is not correct"),
        ("[padding]\noutput_shape = [[1, 2]]\n", "is not correct"),
        ("[padding]\noutput_shape = '\\u001b[2J'\n", "is not correct"),
        ("#" * 70_000, "more than"),
    ],
)
def test_anything_else_is_reported(text, fragment):
    check = judge_answers(find_exercise("padding"), "ada", text)[0]
    assert not check.passed
    assert fragment in check.diagnosis.seen
    assert check.diagnosis.seen.isprintable()
