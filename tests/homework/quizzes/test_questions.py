"""The answers to the quizzes, computed again from the numbers in their texts."""

import math
import re

import numpy as np
import pytest

from keras_cnn_course.homework.judging.quizzes import ask_quiz, judge_quiz, render_quiz
from keras_cnn_course.homework.quizzes.quiz import QUIZZES, find_quiz

STUDENTS = [f"student-{number}" for number in range(50)]


def after_block(side):
    return len(range(0, side - 2 - 1, 2))


# From the whole numbers in the text of a question, in their order, to the answer.
ANSWERS = {
    "pixel": lambda *n: sum(a * b for a, b in zip(n[:9], n[9:18], strict=True)),
    "output_size": lambda height, width, *_: (len(range(1, height - 1)), len(range(1, width - 1))),
    "zeros": lambda height, width: int((np.pad(np.ones((height, width)), 1) == 0).sum()),
    "ninths": lambda *n: sum(n[:9]),
    "edge": lambda top, middle, bottom, *_: 3 * (-top + 2 * middle - bottom),
    "parameters": lambda filters, _, __, depth: filters * 3 * 3 * depth + filters,
    "layer": lambda height, width, _, filters, *__: (height - 2, width - 2, filters),
    "relu": lambda *n: sum(max(value, 0) for value in n),
    "pooling": lambda height, width, *_: (len(range(0, height - 1, 2)), len(range(0, width - 1, 2))),
    "flattened": lambda *n: math.prod(n),
    "dense": lambda inputs, units: units * (inputs + 1),
    "guess": lambda classes, _: classes,
    "loss": lambda _, power, __: round(math.log(power) / math.log(2)),
    "gradient": lambda percent, _: percent - 100,
    "one_block": lambda side, _, filters, *__: after_block(side) ** 2 * filters,
    "two_blocks": lambda side, *_: (after_block(after_block(side)),) * 2,
    "steps": lambda images, batch: len(range(0, images, batch)),
    "mistakes": lambda percent, images: round(images * (1 - percent / 100)),
    "shift": lambda moved, *_: moved // 2 // 2,
}
FIELDS = {"a 3x3": 4, "two 3x3": 6, "three 3x3": 8}


@pytest.mark.parametrize("quiz", QUIZZES, ids=lambda quiz: str(quiz.number))
def test_the_answers_follow_from_the_numbers_in_the_texts(quiz):
    for student in STUDENTS:
        questions = ask_quiz(quiz, student)
        assert len({question.key for question in questions}) == 10
        for question in questions:
            if question.key == "receptive_field":
                (field,) = (side for words, side in FIELDS.items() if f"through {words}" in question.text)
                assert question.expected == field**2
            else:
                numbers = [int(number) for number in re.findall(r"(?<![\w.])-?\d+|(?<=\dx)\d+", question.text)]
                assert question.expected == ANSWERS[question.key](*numbers), question.text
            assert question.expected not in [wrong for wrong, _ in question.mistakes], question.text


def test_a_number_of_ninths_is_asked_for_rather_than_a_fraction():
    (text,) = (question.text for question in ask_quiz(find_quiz("1"), "ada") if question.key == "ninths")
    assert text.endswith("How many ninths is its value?")


def test_students_get_different_numbers_and_the_same_ones_again():
    first, second = (render_quiz(find_quiz("1"), student) for student in STUDENTS[:2])
    assert first != second
    assert first == render_quiz(find_quiz("1"), STUDENTS[0])


def test_a_solved_quiz_is_correct_and_an_empty_one_has_no_answers():
    quiz = find_quiz("2")
    solved, empty = (render_quiz(quiz, "ada", solved=solved) for solved in (True, False))
    assert judge_quiz(quiz, "ada", solved, file="a.toml") == [None] * 10
    problems = judge_quiz(quiz, "ada", empty, file="a.toml")
    assert {problem.key for problem in problems} == {"not answered"}
    assert "a.toml has no answer yet" in problems[0].seen


def test_a_typical_mistake_is_explained():
    quiz = find_quiz("2")
    (gradient,) = (question for question in ask_quiz(quiz, "ada") if question.key == "gradient")
    text = render_quiz(quiz, "ada", solved=True)
    wrong = text.replace(f"gradient = {gradient.expected}", f"gradient = {-gradient.expected}")
    (problem,) = filter(None, judge_quiz(quiz, "ada", wrong, file="a.toml"))
    assert problem.says.startswith("The sign is wrong")
    minus = text.replace(f"gradient = {gradient.expected}", f"gradient = \u2212{-gradient.expected}")
    assert judge_quiz(quiz, "ada", minus, file="a.toml") == [None] * 10
