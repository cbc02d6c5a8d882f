"""A verdict depends on the code and not on the student whose cases are drawn."""

import runpy
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.cases import Mutant, mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises

HERE = Path(__file__).parent
PLAUSIBLE = runpy.run_path(str(HERE / "plausible.py"))["PLAUSIBLE"]
TOOLS = runpy.run_path(str(HERE.parent / "verdicts.py"))
NUMPY = [exercise.name for exercise in list_exercises() if exercise.kind == "numpy"]


def expected_verdicts(exercise):
    """Yield the name, the text and the expected verdict of each version."""
    diagnoses = {f"mutant: {mutant.name}": mutant.diagnosis for mutant in exercise.load_mutants()}
    for name, source in TOOLS["list_versions"](exercise):
        yield name, source, diagnoses.get(name, "passes")
    for name, passes, changes in PLAUSIBLE.get(exercise.name, []):
        source = mutate(exercise.read("solution.py"), Mutant(name, "", tuple(changes)))
        yield f"plausible: {name}", source, "passes" if passes else "fails"


def check_verdicts(exercise, students):
    """Check that each version gets one and the same verdict for all students, and the expected one."""
    surprises = []
    for name, source, expected in expected_verdicts(exercise):
        verdicts = TOOLS["tally"](exercise, source, students)
        found = {verdict for verdict, _, _ in verdicts}
        is_expected = "passes" not in found if expected == "fails" else found == {expected}
        if len(verdicts) != 1 or not is_expected:
            surprises.append((name, expected, verdicts))
    assert surprises == []


@pytest.mark.filterwarnings("ignore")  # wrong answers overflow and divide by zero
@pytest.mark.parametrize("name", NUMPY)
def test_three_students_get_the_same_verdict(name):
    check_verdicts(find_exercise(name), [f"student-{number}" for number in range(3)])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NUMPY)
def test_200_students_get_the_same_verdict(name):
    check_verdicts(find_exercise(name), [f"s{number:04}" for number in range(200)])
