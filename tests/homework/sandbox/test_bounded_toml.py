"""What students write as TOML is measured before it is parsed."""

import time

import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.judging.answers import judge_answers, render_answers
from keras_cnn_course.homework.sandbox.bounded_toml import read_toml
from keras_cnn_course.homework.student.work_files import parse_work

BOMBS = {
    "a key with many dots": ("a." * 131_000 + "a = 1", "has more than"),
    "a key with many dots that just fits": ("a." * 400 + "a = 1", "has more than 40 dots in line 1"),
    "a table with many dots": ("[" + "a." * 300 + "a]", "has more than 40 dots in line 1"),
    "many keys with many dots": ("\n".join(f"k{number}" + ".a" * 300 + " = 1" for number in range(90)), "dots"),
    "dots between spaces": ("a . " * 200 + "a = 1", "has more than 40 dots in line 1"),
    "a hexadecimal integer": ("a = 0x" + "f" * 900, "has a number of more than 100 digits in line 1"),
    "a hexadecimal integer in a list": (
        "a = [\n1,\n0x" + "f_" * 400 + "f]",
        "100 digits in line 3",
    ),
    "a decimal integer": ("a = " + "7" * 200, "has a number of more than 100 digits in line 1"),
    "nested lists": ("a = " + "[" * 200 + "]" * 200, "nests more than 16 brackets in line 1"),
    "nested lists on many lines": ("a = " + "[\n" * 1500, "nests more than 16 brackets in line 17"),
    "nested tables": ("a = " + "{a = " * 100, "nests more than 16 brackets in line 1"),
    "many lines": ("a\n" * 3000, "has more than 2,000 lines"),
    "many characters": ("#" * 70_000, "has more than 65,536 characters"),
    "a long line": ("a = '" + "b" * 2000 + "'", "has more than 1,000 characters in line 1"),
    "a year that no calendar has": ("a = 0000-00-00", "is not valid TOML: .*line 1"),
}


@pytest.mark.parametrize(("text", "reason"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_at_once_and_says_why(text, reason):
    began = time.process_time()
    with pytest.raises(HomeworkError, match=reason):
        read_toml(text)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(("text", "reason"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_in_either_file_names_the_file(text, reason):
    with pytest.raises(HomeworkError, match=f"homework.toml in here .*{reason}"):
        parse_work("here", {"homework.toml": text})
    for exercise in list_exercises():
        for result in judge_answers(exercise, "ada", text):
            assert not result.passed


def test_the_files_of_the_homework_are_far_below_the_limits():
    text = render_answers("ada", solved=list_exercises())
    assert read_toml("# " + "." * 3000 + "\n" + text * 1)["padding"]
    assert read_toml("student = '" + "0123456789abcdef" * 4 + "'")
    assert read_toml('course = "0.1.0"\nstudent = "ada"\nwhen = 2026-01-02T03:04:05Z')
