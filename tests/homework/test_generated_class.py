"""A small class, with the Keras exercises, graded in one batch: everybody gets the correct mark."""

import runpy
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.grading.batch import grade_submissions

HERE = Path(__file__).parent
ATTACKS = runpy.run_path(str(HERE / "attacks.py"))["ATTACKS"]
TOOLS = runpy.run_path(str(HERE / "generated_class.py"))


@pytest.mark.slow
def test_everybody_gets_the_correct_mark(tmp_path):
    (tmp_path / "submissions").mkdir()
    with TOOLS["listening"]() as listeners:
        armed = {
            attack.what: (
                attack.exercise,
                TOOLS["arm"](attack.source, find_exercise(attack.exercise), tmp_path, listeners),
                attack.most,
            )
            for attack in ATTACKS
            if attack.what in ("forges the sandbox's reply", "returns a fake model")
        }
        assert len(armed) == 2
        expected = TOOLS["write_class"](tmp_path / "submissions", armed, correct=0, mutants=1, partial=1)
        results = grade_submissions(
            [each.path for each in expected], secret=b"a secret of the class", exercises=list_exercises(), jobs=2
        )
        assert listeners.heard() == []
    surprises = [
        (each, found)
        for each, result in zip(expected, results, strict=True)
        if (found := TOOLS["find_surprises"](each, result))
    ]
    assert surprises == []
    assert not (tmp_path / "LOOT").exists()


def test_a_wrong_mark_would_be_a_surprise(tmp_path):
    """The comparison can fail."""
    expected = TOOLS["Expected"](tmp_path, "with mistakes", wrong={"relu": "absolute value"}, missing=("shift",))
    from keras_cnn_course.homework.grading.submission_results import SubmissionResult
    from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult, ExerciseResult

    correct = (CheckResult("cases", 1, (CaseResult(0, 1, None),)),)
    exercises = tuple(ExerciseResult(name, 4, correct, correct) for name in ("relu", "shift"))
    result = SubmissionResult(tmp_path, "ada", "graded", "", exercises, 1.0, 8)
    assert len(TOOLS["find_surprises"](expected, result)) == 3
