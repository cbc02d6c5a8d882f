import re
import time
import tomllib

import numpy as np
import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.cases import Question
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.judging.answers import NOT_READ, ask, judge_answers, judge_questions, render_answers

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


def judge(key, text):
    """Return the problem with one answer in padding's file, where the answers are [6, 10] and 3."""
    (shape, zeros) = ask(find_exercise("padding"), "ada")
    assert (shape.expected, zeros.expected) == ((6, 10), 3)
    results = judge_answers(find_exercise("padding"), "ada", text)
    return next(check.diagnosis for check in results if check.name == f"answer {key}")


@pytest.mark.parametrize(
    "answer",
    ["[6, 10]", "6, 10", '"[6, 10]"', "[6.0, 10.0]", "6x10", "'6 x 10'", "(6, 10)", '["6", "10"]', "6 by 10", "6 10",
     "[6,0; 10,0]", "6,0 x 10,00", "6,0;10",
     "[6,\n10,\n]", "[6, 10", '"6, 10', "\u201c6, 10\u201d", "6\u00d710  # height and width", "[6, 10]  # [1, 2]"],
)  # fmt: skip
def test_a_list_counts_however_it_is_typed(answer):
    assert judge("output_shape", f"[padding]\noutput_shape = {answer}\nzeros_on_each_side = 3\n") is None
    assert judge("zeros_on_each_side", f"[padding]\noutput_shape = {answer}\nzeros_on_each_side = 3\n") is None


@pytest.mark.parametrize("answer", ["3", '"3"', "'3'", "3.0", "3.", "+3", "[3]", "3,0", '"3', "3  # not 4"])
def test_a_number_counts_however_it_is_typed(answer):
    assert judge("zeros_on_each_side", f"[padding]\nzeros_on_each_side = {answer}\n") is None


@pytest.mark.parametrize("answer", ["3388", "3_388", "3,388", '"3,388"', "3 388", "3388.0"])
def test_a_large_number_may_have_separators(answer):
    exercise = find_exercise("parameters")
    assert ask(exercise, "ada")[1].expected == 3388
    assert judge_answers(exercise, "ada", f"[parameters]\nflattened = {answer}\n")[1].passed


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("\u201339", -39), ("- 39", -39), ("\u2013 39", -39), ('"- 39"', -39), ("[\u221239]", -39),
        ("24.320", 24320), ("1.024.000", 1_024_000), ("-1,024", -1024), ("+1 024", 1024), ("\u20131.024", -1024),
        ("3.000", 3), ("3.000", 3000), ("3.000,00", 3000), ("3,000.0", 3000), ("1\u2019024", 1024), ("1'024.00", 1024),
        ("1.024e3", 1024), ("-1.2E+01", -12), ("3e3", 3000), ("\uff0d\uff11\uff12", -12), ("\u201112", -12),
        ("\u201412", -12), ("\u201e12\u201c", 12), ("\u0661\u0662", 12), ("6\uff0c10", (6, 10)),
        ("\uff086\u300110\uff09", (6, 10)),
        ("6\u044510", (6, 10)), ("6 \u00b7 10", (6, 10)), ("\u201e6 x 10\u201c", (6, 10)), ("6e0, 1e1", (6, 10)),
    ],
)  # fmt: skip
def test_a_sign_and_separators_are_read_as_they_are_meant(answer, expected):
    assert judge_questions([Question("number", "?", expected)], f"number = {answer}\n") == [None]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("24.320", 24), ("24.32", 24320), ("0.125", 125), ("1,024.000", 1_024_000), ("1.0240", 10240), ("39", -39),
        ("40 - 1", 39), ("40\u20131", 39), ("- - 39", 39), ("-1,024", 1024), ("37/9", 37), ("1.024", (1024, 0)),
        ("3.000,00", 3), ("1,024,00", 1024), ("1.02E+03", 1024), ("1e", 1), ("e3", 1000), ("1e999", 10**9),
        ("12e3", 12), ("6,0; 10,0", (6, 0, 10)), ("6,5; 10,0", (6, 10)), ("6,0", (6, 10)), ("6, 10,0", (6, 10)),
    ],
)  # fmt: skip
def test_no_sign_or_separator_makes_a_wrong_answer_correct(answer, expected):
    (problem,) = judge_questions([Question("number", "?", expected)], f"number = {answer}\n")
    assert problem.key in ("answers", NOT_READ)


def test_an_author_may_draw_answers_with_numpy():
    one, two = np.arange(1024, 1026)
    questions = [Question("count", "?", one, ((two, "One too many."),)), Question("shape", "?", (one, two))]
    problems = judge_questions(questions, "count = [1, 2]\nshape = 1024x1025\n")
    assert [problem and problem.key for problem in problems] == [NOT_READ, None]
    assert judge_questions(questions, "count = 1,025\n")[0].says == "One too many."


def test_questions_of_an_author_may_differ_in_capital_letters_only():
    questions = [Question("k", "?", 3), Question("K", "?", 8)]
    assert judge_questions(questions, "k = 3\nK = 8\n") == [None, None]


def test_several_pairs_with_a_sign_between_them_stay_what_they_are():
    assert judge_questions([Question("pairs", "?", (6, 0, 13, 0))], "pairs = 6,0; 13,0\n") == [None]


@pytest.mark.parametrize("expected", [2.5, "3", (1, 2.0), np.array([1, 2])])
def test_an_answer_is_a_whole_number_or_several(expected):
    with pytest.raises(HomeworkError, match="question half must be whole numbers"):
        Question("half", "?", expected)


@pytest.mark.parametrize(
    "text",
    [
        "[padding\nzeros_on_each_side = 3\n",
        "zeros_on_each_side = 3\n",
        "[padding]\nzeros_on_each_side: 3\n",
        "[padding]\nzeros_on_each_side 3\n",
        "padding.zeros_on_each_side = 3\n",
        "\ufeff[padding]\r\nzeros_on_each_side = 3\r\n",
        "[parameters]\nflattened = [[[\n[padding]\nzeros_on_each_side = 3\n",
        "[padding]\noutput_shape = six by ten\n}{\nzeros_on_each_side = 3\n",
        '[padding]\nzeros_on_each_side = "?"\nzeros_on_each_side = 3\n',
        "[Padding]\nZeros_on_each_side = 3\n",
        "[padding]\nzeros_on_each_side = ?\nZEROS_ON_EACH_SIDE = 3\n",
    ],
)
def test_a_slip_costs_no_other_answer(text):
    assert judge("zeros_on_each_side", text) is None


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ('"4"', 'zeros_on_each_side = "4" in line 2 of answers.toml is not correct.'),
        ("3.5", "zeros_on_each_side = 3.5 in line 2 of answers.toml is not correct."),
        ("[3, 3]", "zeros_on_each_side = [3, 3] in line 2 of answers.toml has several numbers."),
        ("6/2", "zeros_on_each_side = 6/2 in line 2 of answers.toml has several numbers."),
        ("3 (1+2)", "zeros_on_each_side = 3 (1+2) in line 2 of answers.toml cannot be read."),
        ('"three"', 'zeros_on_each_side = "three" in line 2 of answers.toml cannot be read.'),
        ("true", "zeros_on_each_side = true in line 2 of answers.toml cannot be read."),
        ("'\x1b[2J'", "zeros_on_each_side = '?[2J' in line 2 of answers.toml cannot be read."),
        ("9" * 5000, "cannot be read."),
        ("3\nzeros_on_each_side = 4", "zeros_on_each_side has several answers in answers.toml: lines 2 and 3."),
        ("", "zeros_on_each_side in answers.toml has no answer yet."),
        ('["?"]', "zeros_on_each_side in answers.toml has no answer yet."),
    ],
)
def test_any_other_answer_is_quoted_as_it_is_written(answer, seen):
    problem = judge("zeros_on_each_side", f"[padding]\nzeros_on_each_side = {answer}\n")
    assert seen in problem.seen
    assert problem.seen.isprintable()


@pytest.mark.parametrize("text", ["a." * 30_000 + "a = 1\n", "x = " + "[\n" * 20_000, "[" * 60_000, "9" * 60_000])
def test_a_hostile_file_is_read_quickly(text):
    began = time.process_time()
    assert judge("zeros_on_each_side", text).key == "not answered"
    assert time.process_time() - began < 1


def test_a_file_that_is_too_long_is_reported():
    assert "more than 65,536 characters" in judge("zeros_on_each_side", "#" * 70_000).seen


def test_a_line_that_cannot_be_read_is_named():
    problem = judge("zeros_on_each_side", "[padding]\noutput_shape = [6, 10]\nzeros on each side are 3\n")
    assert problem.seen == (
        "zeros_on_each_side has no answer, and line 3 of answers.toml cannot be read: zeros on each side are 3"
    )
