import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from importlib import metadata

import pytest

from keras_cnn_course.errors import GraderError
from keras_cnn_course.files import foreign as regular_file
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.grading import batch, ownership
from keras_cnn_course.homework.grading.batch import grade_submissions
from keras_cnn_course.homework.grading.submission_results import GRADED, GRADER_ERROR, UNREADABLE
from keras_cnn_course.homework.judging.planning import PYTHON

SOME = [find_exercise(name) for name in ("convolution", "padding", "filters", "relu")]
SECRET = b"a secret of the class"
ALL = sum(exercise.points for exercise in SOME)


def grade(paths, **options):
    return grade_submissions(paths, secret=SECRET, exercises=SOME, **options)


def test_nobody_stops_the_batch(submit, tmp_path):
    crash = "import ctypes\nctypes.string_at(0)\n"
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    paths = [
        submit("ada"),
        submit("crash", relu=crash),
        tmp_path / "broken.zip",
        submit("wrong", convolution="def convolve(image, kernel):\n    return image\n"),
        submit("grace"),
    ]
    results = grade(paths, jobs=2)
    assert [result.source for result in results] == paths
    assert [result.status for result in results] == [GRADED, GRADED, UNREADABLE, GRADED, GRADED]
    assert [result.score for result in results] == [ALL, ALL - 4, None, ALL - 8, ALL]
    assert "is not a readable zip" in results[2].message
    # The exercise that builds on the wrong convolution used the reference, and passes.
    assert {result.exercise: result.passed for result in results[3].exercises}["filters"]


def test_a_failure_of_the_graders_is_no_mark(submit, monkeypatch):
    """If the grader breaks, once or always, the others are graded, and no student gets 0 points for it."""
    judge, calls = batch.judge_exercise, []

    def sometimes(exercise, work, *arguments, **options):
        calls.append(work.student)
        if work.student == "always":
            raise ZeroDivisionError("a mistake in a check")
        if work.student == "once" and calls.count("once") == 1:
            raise GraderError("The sandbox server stopped answering.")
        return judge(exercise, work, *arguments, **options)

    monkeypatch.setattr(batch, "judge_exercise", sometimes)
    results = grade([submit("always"), submit("once"), submit("ada")])
    assert [result.status for result in results] == [GRADER_ERROR, GRADED, GRADED]
    assert [result.score for result in results] == [None, ALL, ALL]
    assert "The grader failed to judge convolution: ZeroDivisionError: a mistake in a check" in results[0].message
    assert results[0].exercises == ()


def test_a_failure_of_the_graders_costs_no_other_exercise(submit, monkeypatch):
    judge = batch.judge_exercise

    def fail(exercise, *arguments, **options):
        if exercise.name == "padding":
            raise ZeroDivisionError("a mistake in a check")
        return judge(exercise, *arguments, **options)

    monkeypatch.setattr(batch, "judge_exercise", fail)
    (result,) = grade([submit("ada")])
    assert (result.status, result.score) == (GRADER_ERROR, None)
    assert [each.exercise for each in result.exercises] == ["convolution", "filters", "relu"]
    assert all(each.passed for each in result.exercises)
    assert result.message.startswith("padding: ")


def test_a_submission_that_may_not_be_read_is_no_mark(submit, monkeypatch, tmp_path):
    """Missing permissions say nothing about the content of a submission."""
    open_file = regular_file._open_descriptor

    def refuse(path, flags):
        if "grace" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, flags)

    monkeypatch.setattr(regular_file, "_open_descriptor", refuse)
    (tmp_path / "grace.zip").write_bytes(b"a zip")
    results = grade([submit("ada"), submit("grace"), tmp_path / "grace.zip"])
    assert [result.status for result in results] == [GRADED, GRADER_ERROR, GRADER_ERROR]
    assert [result.score for result in results] == [ALL, None, None]
    assert "Permission denied" in results[1].message


def test_all_that_judges_is_loaded_before_student_code_runs(submit):
    """In a new process, which has loaded nothing yet, everything is loaded before the first job."""
    code = f"""
import sys
from importlib import metadata
from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.exercises.ex11_training import checks
from keras_cnn_course.homework.grading import batch
def judge(*arguments, **options):
    names = [f"keras_cnn_course.homework.exercises.{{each.stem}}.checks" for each in list_exercises()]
    print(all(name in sys.modules for name in names), checks.read_threshold.cache_info().currsize)
    raise SystemExit
batch.judge_exercise = judge
from pathlib import Path
batch.grade_submissions([Path({str(submit("ada"))!r})], secret=b"s" * 16, exercises=list_exercises())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split()[:2] == ["True", "1"], done.stderr


def test_a_failure_while_reading_is_no_mark_either(submit, monkeypatch):
    read = ownership.read_submission

    def fail(path, **options):
        if path.name == "grace":
            raise ZeroDivisionError("a mistake in the reader")
        return read(path, **options)

    monkeypatch.setattr(ownership, "read_submission", fail)
    results = grade([submit("ada"), submit("grace")])
    assert [(result.status, result.score) for result in results] == [(GRADED, ALL), (GRADER_ERROR, None)]


def test_one_id_in_two_submissions_is_noted(submit, tmp_path):
    first = submit("ada")
    second = tmp_path / "copy"
    first_files = {path.name: path.read_text() for path in first.iterdir()}
    second.mkdir()
    for name, text in first_files.items():
        (second / name).write_text(text)
    results = grade([first, second, submit("grace")])
    assert ["same student id" in result.message for result in results] == [True, True, False]


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_number_of_jobs_changes_no_mark(jobs, submit):
    paths = [submit(f"student-{number}", relu="relu = 1" if number % 2 else "relu = 2") for number in range(4)]
    seen = []
    results = grade(paths, jobs=jobs, report=seen.append)
    assert [result.score for result in results] == [ALL - 4] * 4
    assert {result.student for result in seen} == {result.student for result in results}


BUSY = """
import time
import numpy as np
seconds = [{computes}, {waits}]

def relu(values):
    end = time.process_time() + seconds[0]
    while time.process_time() < end:
        pass
    time.sleep(seconds[1])
    seconds[:] = 0, 0
    return np.maximum(values, 0)
"""


@pytest.mark.slow
def test_six_jobs_give_the_marks_of_one(submit):
    """Code that computes for 70% of its time, or waits for 70% of it, on a machine with fewer processors than jobs."""
    exercise = replace(
        find_exercise("relu"), seconds=1
    )  # at least double that with graded cases; it may wait three times as long
    times = [(1.4, 0), (1.4, 0), (1.4, 0), (0, 4.2)]
    paths = [
        submit(f"student-{number}", relu=BUSY.format(computes=computes, waits=waits))
        for number, (computes, waits) in enumerate(times)
    ]
    marks = [
        [result.score for result in grade_submissions(paths, secret=SECRET, exercises=[exercise], jobs=jobs)]
        for jobs in (6, 1)
    ]
    assert marks == [[4, 4, 4, 4]] * 2


def test_ctrl_c_ends_a_batch_at_once_and_keeps_what_is_done(submit):
    """The results so far have been reported, and no other is reported afterwards."""
    waits = "import time\ntime.sleep(50)\n"
    paths = [submit("ada"), submit("bob", relu=waits), submit("eve", relu=waits), submit("zoe")]
    seen = []

    def interrupt(result):
        seen.append(result.student)
        if len(seen) == 1:
            threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,)).start()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        grade(paths, jobs=2, report=interrupt)
    assert time.monotonic() - began < 25
    assert seen == ["ada"]
    time.sleep(1)
    assert seen == ["ada"]


def test_results_that_cannot_be_kept_end_the_batch(submit):
    def fail(result):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        grade([submit("ada"), submit("bob")], jobs=2, report=fail)


@pytest.mark.parametrize(
    ("course", "note"),
    [
        (metadata.version("keras-cnn-course"), ""),
        (f"{metadata.version('keras-cnn-course')}.0", ""),  # the same version, written differently
        ("0.0.9", "Started with version 0.0.9 of the course; this is version"),
        ("newest", "homework.toml names an invalid version of the course: 'newest'."),
    ],
)
def test_homework_of_another_version_is_noted(course, note, submit):
    folder = submit("ada")
    (folder / "homework.toml").write_text(f'course = "{course}"\nstudent = "ada"\n')
    (result,) = grade([folder])
    assert (result.status, result.score) == (GRADED, ALL)
    assert result.message.startswith(note)
    assert bool(result.message) == bool(note)


@pytest.mark.parametrize(("python", "is_newer"), [("3.99", True), (PYTHON, False), ("3.1", False), ("new", False)])
def test_homework_for_a_newer_python_is_noted(python, is_newer, submit):
    folder = submit("ada")
    (folder / "homework.toml").write_text(f'student = "ada"\npython = "{python}"\n')
    (result,) = grade([folder])
    note = f"Written with Python 3.99, graded with {PYTHON}: code for newer versions fails here."
    assert result.message == (note if is_newer else "")
