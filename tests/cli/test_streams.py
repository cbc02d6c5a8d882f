"""Commands as programs of their own, because a test's standard output can show everything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise


def run(*words, encoding="cp1252", **options):
    """Run `kcnn` with an encoding of its output."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "keras_cnn_course", *map(str, words)]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, **options)


def write_homework(folder, student="李雷", source=None):
    folder.mkdir(parents=True)
    (folder / "homework.toml").write_text(f'student = "{student}"\n', encoding="utf-8")
    relu = find_exercise("relu")
    (folder / relu.file).write_text(source or relu.read("solution.py"), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii:strict", "latin-1"])
def test_marks_are_printed_whatever_the_encoding_lacks(encoding, tmp_path):
    write_homework(tmp_path / "class" / "a")
    (tmp_path / "secret").write_text("0123456789abcdef")
    words = ["homework", "grade", tmp_path / "class", "--secret", tmp_path / "secret", "--only", "relu"]
    done = run(*words, encoding=encoding, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    row = done.stdout.decode("utf-8").splitlines()[1]
    assert row.startswith(("a,\\u674e\\u96f7,graded,4,4,4,", "a,李雷,graded,4,4,4,"))


def test_what_a_student_prints_is_shown_as_well_as_it_can_be(tmp_path):
    source = "import numpy\nprint('\u03c3\\t= 1')\n\ndef relu(values):\n    return numpy.maximum(values, 0)\n"
    write_homework(tmp_path / "hw", "ada", source)
    done = run("homework", "check", "relu", "--folder", tmp_path / "hw", stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert "\\u03c3       = 1" in done.stdout.decode("cp1252")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the devices of Linux")
def test_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("w") as full:
        done = run("recipes", stdout=full)
    assert done.returncode == 1
    assert done.stderr.decode().strip() == "Error: Cannot write the output: No space left on device."


def test_a_closed_pipe_ends_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    done = run("homework", "list", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_closed_error_stream_costs_no_mark(tmp_path):
    write_homework(tmp_path / "class" / "a")
    (tmp_path / "secret").write_text("0123456789abcdef")
    reading, writing = os.pipe()
    os.close(reading)
    words = ["homework", "grade", tmp_path / "class", "--secret", tmp_path / "secret", "--only", "relu"]
    command = [sys.executable, "-m", "keras_cnn_course", *map(str, words), "--out", str(tmp_path / "marks.csv")]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=writing)
    os.close(writing)
    assert done.returncode == 0
    assert "a,李雷,graded,4" in (tmp_path / "marks.csv").read_text("utf-8-sig")
