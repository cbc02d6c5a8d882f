"""A grading that is interrupted loses no mark, and continues as the user says."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.grading import unfinished

SECRET = "0123456789abcdef"
RELU = find_exercise("relu").read("solution.py")
SLOW = "import time\ntime.sleep(40)\n" + RELU


@pytest.fixture
def class_of_four(tmp_path, monkeypatch):
    """Four submissions, of which the last two take long."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text(SECRET)
    for name, source in (("ada", RELU), ("bob", "def relu(values): return values\n"), ("eve", SLOW), ("zoe", SLOW)):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "homework.toml").write_text(f'student = "{name}"\n')
        (tmp_path / "class" / name / "ex05_relu.py").write_text(source)
    return tmp_path


WORDS = ["grade", "class", "--secret", "secret.txt", "--only", "relu", "--jobs", "2"]


def start(folder, *words):
    """Start grading in a process of its own, and wait for two results."""
    code = "import sys; from keras_cnn_course.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "homework", *WORDS, *words], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    lines = []
    while not any(line.startswith("2/4") for line in lines):
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    return process


def kill(process):
    process.kill()
    process.communicate()


def rows(path):
    table = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
    return {row["student"]: row["score"] for row in table}


def quicken(folder):
    for name in ("eve", "zoe"):
        (folder / "class" / name / "ex05_relu.py").write_text(RELU)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_no_mark_is_lost_and_grading_resumes(how, run, class_of_four):
    process = start(class_of_four, "--out", "marks.csv")
    began = time.monotonic()
    os.kill(process.pid, how)
    said = process.communicate(timeout=30)[1]
    assert time.monotonic() - began < 25  # two submissions sleep for longer
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "Stopped. 2 of 4 submissions are graded, and their marks are in marks.csv." in said
        assert "--resume" in said
        assert set(rows(class_of_four / "marks.csv")) == {"ada", "bob"}
    quicken(class_of_four)
    refused = run(*WORDS, "--out", "marks.csv")
    assert refused.exit_code == 2
    assert "Continue it with --resume" in refused.stderr
    result = run(*WORDS, "--out", "marks.csv", "--resume")
    assert result.exit_code == 0, result.output
    assert "2 of 4 submissions are graded already." in result.stderr
    assert "3/4  eve" in result.stderr or "3/4  zoe" in result.stderr
    assert list(rows(class_of_four / "marks.csv")) == ["ada", "bob", "eve", "zoe"]
    assert rows(class_of_four / "marks.csv")["ada"] == "4"
    assert not (class_of_four / "marks.csv.unfinished").exists()
    assert run(*WORDS, "--out", "marks.csv", "--resume").exit_code == 2


def test_what_changed_is_graded_again_and_other_conditions_are_refused(run, class_of_four):
    process = start(class_of_four, "--out", "results.json", "--format", "json")
    kill(process)
    words = [*WORDS, "--out", "results.json", "--format", "json"]
    quicken(class_of_four)
    (class_of_four / "secret.txt").write_text("another secret of the class")
    refused = run(*words, "--resume")
    assert refused.exit_code == 1
    assert "another secret" in refused.stderr
    (class_of_four / "secret.txt").write_text(SECRET)
    (class_of_four / "roster.csv").write_text("Login\nada\nbob\neve\nzoe\n")
    assert "another roster" in run(*words, "--roster", "roster.csv", "--resume").stderr
    (class_of_four / "class" / "bob" / "ex05_relu.py").write_text(RELU + "\n# better\n")
    result = run(*words, "--resume")
    assert "1 of 4 submissions are graded already." in result.stderr
    entries = json.loads((class_of_four / "results.json").read_text())["submissions"]
    assert [entry["student"] for entry in entries] == ["ada", "bob", "eve", "zoe"]
    assert [entry["score"] for entry in entries] == [4] * 4


def test_restart_grades_everything_again(run, class_of_four):
    process = start(class_of_four, "--out", "marks.csv")
    kill(process)
    with (class_of_four / "marks.csv.unfinished").open("a") as record:
        record.write('{"submission": "cut o')
    quicken(class_of_four)
    result = run(*WORDS, "--out", "marks.csv", "--restart")
    assert "4/4" in result.stderr
    assert "already" not in result.stderr


def test_a_line_that_was_cut_off_is_graded_again(run, class_of_four):
    process = start(class_of_four, "--out", "marks.csv")
    kill(process)
    quicken(class_of_four)
    with (class_of_four / "marks.csv.unfinished").open("r+b") as record:
        record.truncate(len(record.read()) - 20)
    assert "1 of 4 submissions are graded already." in run(*WORDS, "--out", "marks.csv", "--resume").stderr


def test_only_a_file_of_marks_can_be_continued(run, class_of_four):
    result = run(*WORDS, "--resume")
    assert result.exit_code == 2
    assert "--out FILE" in result.stderr


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_full_disk_loses_no_mark(run, class_of_four, monkeypatch):
    """The result that cannot be written is not counted; the one before it is on the disk."""
    quicken(class_of_four)
    write, results = unfinished.os.fsync, []

    def fail_late(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == "marks.csv.unfinished":
            results.append(descriptor)
            if len(results) == 3:
                raise OSError(28, "No space left on device")
        write(descriptor)

    monkeypatch.setattr(unfinished.os, "fsync", fail_late)
    result = run(*WORDS, "--out", "marks.csv")
    assert result.exit_code == 1
    assert "No space left on device. Free some space, then continue with --resume." in result.stderr
    assert "Stopped. 2 of 4 submissions are graded, and their marks are in marks.csv." in result.stderr
    assert len(rows(class_of_four / "marks.csv")) == 2
    monkeypatch.undo()
    monkeypatch.chdir(class_of_four)
    assert run(*WORDS, "--out", "marks.csv", "--resume").exit_code == 0
    assert len(rows(class_of_four / "marks.csv")) == 4
