"""Commands as programs of their own, because a test's standard output can show everything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
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


@pytest.mark.skipif(os.name != "posix", reason="closes streams as a shell of Unix does")
@pytest.mark.slow
@pytest.mark.parametrize("closing", ["2>&-", "<&- >&- 2>&-"])
def test_a_training_needs_no_open_stream(closing, tmp_path):
    out = tmp_path / "run"
    command = f"{sys.executable} -m keras_cnn_course train softmax --epochs 1 --out {out} {closing}"
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert (out / "plots" / "curves.png").is_file()
    assert done.stdout.decode().splitlines()[-1:] == ([str(out)] if closing == "2>&-" else [])


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "{}"],
        ["train", "--recipe", "{}.py"],
        ["train", "softmax", "--out", "{}"],
        ["train", "softmax", "--dataset", "{}"],
        ["homework", "check", "relu", "--folder", "{}"],
    ],
)
@pytest.mark.parametrize("path", ["a/" * 2100 + "a", "b" * 300])
def test_a_path_that_the_system_refuses_is_one_sentence(words, path):
    result = CliRunner().invoke(kcnn, [word.format(path) for word in words])
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert "File name too long." in result.stderr
    assert len(result.stderr) < 500


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_name_that_is_no_text_is_refused(tmp_path):
    done = run("train", "softmax", "--out", tmp_path / os.fsdecode(b"r\xff"), stdout=subprocess.PIPE)
    assert done.returncode == 2
    assert b"r\\udcff' is not valid utf-8 text. Rename the file or folder." in done.stderr
    assert list(tmp_path.iterdir()) == []


HOSTILE = "\x1b[2J\x1b]0;loot\x07\u202eback"


def run_on_terminal(*words):
    """Run `kcnn` on a terminal of its own, and return what the terminal receives."""
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "keras_cnn_course", *map(str, words)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)
        received = b""
        while True:
            try:
                received += os.read(ours, 4096)
            except OSError:  # Linux reports the end like this
                break
    os.close(ours)
    return process.returncode, received.decode()


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of Unix, and such file names")
def test_no_name_controls_the_terminal(tmp_path):
    folder = tmp_path / f"hw{HOSTILE}"
    write_homework(folder / "class" / f"a{HOSTILE}")
    commands = [
        ("homework", "submit", "--folder", folder / "class" / f"a{HOSTILE}", "--out", folder / "hw.zip"),
        ("show", folder / "run"),
        (f"tra{HOSTILE}in",),
    ]
    for words in commands:
        _, received = run_on_terminal(*words)
        assert not set("\x1b\u202e") & set(received), received
        assert r"\x1b[2J\x1b]0;loot\x07\u202eback" in received.replace("\r\n", "")
        piped = run(*words, encoding="utf-8", stdout=subprocess.PIPE)
        assert b"\x1b" not in piped.stdout + piped.stderr
        assert b"\xe2\x80\xae" not in piped.stdout + piped.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of Unix")
def test_own_colors_reach_a_terminal_only():
    code, received = run_on_terminal("data", "list")
    assert code == 0
    assert "\x1b[1mdigits" in received
    assert "\x1b[0m" in received
    assert b"\x1b" not in run("data", "list", stdout=subprocess.PIPE).stdout
