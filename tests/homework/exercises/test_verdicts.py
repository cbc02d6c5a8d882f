"""A verdict depends on the code and not on the student whose cases are drawn."""

import os
import runpy
from collections import Counter
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises

TOOLS = runpy.run_path(str(Path(__file__).parent.parent / "verdicts.py"))
NUMPY = [exercise.name for exercise in list_exercises() if exercise.kind == "numpy"]
STUDENTS = int(os.environ.get("KCNN_VERDICT_STUDENTS", "20"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # wrong answers overflow and divide by zero
@pytest.mark.parametrize("name", NUMPY)
def test_three_students_get_the_same_verdict_however_the_functions_are_called(name):
    exercise, students = find_exercise(name), [f"student-{number}" for number in range(3)]
    planned, surprises = TOOLS["plan_students"](exercise, students), []
    for number, (version, source, expected) in enumerate(TOOLS["list_versions"](exercise)):
        quickly = [TOOLS["tally_quickly"](exercise, source, [each]) for each in planned]
        one = number % len(students)
        assert TOOLS["tally"](exercise, source, [students[one]]) == quickly[one], version
        verdicts = dict(sum(map(Counter, quickly), Counter()))
        if TOOLS["find_surprises"](verdicts, expected):
            surprises.append((version, expected, verdicts))
    assert surprises == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NUMPY)
def test_all_students_get_the_same_verdict(name):
    exercise, surprises = find_exercise(name), []
    planned = TOOLS["plan_students"](exercise, [f"s{number:04}" for number in range(STUDENTS)])
    for version, source, expected in TOOLS["list_versions"](exercise):
        verdicts = TOOLS["tally_quickly"](exercise, source, planned)
        if TOOLS["find_surprises"](verdicts, expected):
            surprises.append((version, expected, verdicts))
    assert surprises == []
