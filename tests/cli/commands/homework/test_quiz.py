"""`kcnn homework quiz` and `kcnn homework quiz-marks`."""

import csv
import json

import pytest
from PIL import Image


@pytest.fixture
def answers(run, tmp_path):
    """A folder with the quizzes of three students, one of them with a wrong answer and one with none."""
    folder = tmp_path / "answers"
    folder.mkdir()
    for student, options in (("ada", ["--solved"]), ("bob", ["--solved"]), ("eve", [])):
        run("quiz", "1", "--student", student, *options, "--out", str(folder / f"{student}.toml"))
    bob = folder / "bob.toml"
    lines = bob.read_text().splitlines()
    bob.write_text("\n".join("zeros = 1" if line.startswith("zeros") else line for line in lines))
    return folder


def test_a_class_is_marked_with_a_table_and_a_picture(run, answers, tmp_path):
    marks, picture = tmp_path / "marks.csv", tmp_path / "class.png"
    result = run("quiz-marks", "1", str(answers), "--marks", str(marks), "--out", str(picture))
    rows = list(csv.DictReader(marks.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["student"]: row["score"] for row in rows} == {"ada": "10", "bob": "9", "eve": "0"}
    assert [row["zeros"] for row in rows] == ["1", "0", "0"]
    assert ["zeros", "33%"] in [line.split() for line in result.stdout.splitlines()]
    assert ["9", "1", "#"] in [line.split() for line in result.stdout.splitlines()]
    with Image.open(picture) as image:
        assert image.width > 500
    assert "ada" not in result.stdout.replace(str(tmp_path), "")


def test_every_file_is_marked_or_named_with_the_reason(run, answers):
    ada = (answers / "ada.toml").read_text()
    (answers / "photo.jpg").write_bytes(b"\xff\xd8")
    (answers / "\x1b[2J.pdf").write_bytes(b"%PDF")
    (answers / "copy.toml").write_text(ada)
    (answers / "bob-late.toml").write_text(ada.replace('"ada"', '"bob"'))
    (answers / "nobody.toml").write_text(ada.replace('student = "ada"', ""))
    (answers / "strange.toml").write_text(ada.replace('"ada"', '"../etc"'))
    (answers / "huge.toml").write_text(ada + "#" * 70_000)
    (answers / "other.toml").write_text(ada.replace("quiz = 1", "quiz = 2").replace('"ada"', '"dan"'))
    (answers / "link.toml").symlink_to(answers / "ada.toml")
    result = run("quiz-marks", "1", answers, "--json")
    assert result.exit_code == 1
    notes = {mark["label"]: mark["note"] for mark in json.loads(result.stdout)}
    assert len(notes) == 12
    assert result.stderr.replace("\n", "").isprintable()
    assert {label for label, note in notes.items() if not note} == {"ada.toml", "eve.toml"}
    for label, words in {
        "photo.jpg": "not a quiz",
        "copy.toml": "several quizzes of ada",
        "bob.toml": "several quizzes of bob",
        "bob-late.toml": "several quizzes of bob",
        "nobody.toml": "no line such as",
        "strange.toml": "student id",
        "huge.toml": "large",
        "other.toml": "This is quiz 2",
        "link.toml": "link",
    }.items():
        assert words in notes[label], (label, notes[label])
        assert f"{label}: " in result.stderr


def test_an_answer_that_cannot_be_read_is_named(run, answers, tmp_path):
    bob = (answers / "bob.toml").read_text()
    (answers / "bob.toml").write_text(bob.replace("zeros = 1", "zeros = four"))
    result = run("quiz-marks", "1", answers, "--marks", tmp_path / "marks.csv")
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, line.startswith("bob.toml: zeros = four in line")) == (0, True)
    rows = csv.DictReader((tmp_path / "marks.csv").read_text(encoding="utf-8-sig").splitlines())
    assert {row["student"]: row["note"] for row in rows} == {"ada": "", "bob": line[len("bob.toml: ") :], "eve": ""}


def test_a_student_has_one_mark(run, answers):
    """A copy of the same answers changes nothing, and an id is the same in capitals."""
    (answers / "bob (1).toml").write_text((answers / "bob.toml").read_text())
    ada = (answers / "ada.toml").read_text()
    (answers / "ADA-late.toml").write_text(ada.replace('"ada"', '"ADA"'))
    result = run("quiz-marks", "1", answers, "--json")
    scores = {mark["label"]: mark["score"] for mark in json.loads(result.stdout)}
    assert scores == {"ADA-late.toml": None, "ada.toml": None, "bob (1).toml": 9, "bob.toml": None, "eve.toml": 0}


def test_only_a_table_of_the_same_quiz_is_overwritten(run, answers, tmp_path):
    marks = tmp_path / "marks.csv"
    for _ in range(2):
        assert run("quiz-marks", "1", answers, "--marks", marks).exit_code == 0
    before = marks.read_bytes()
    result = run("quiz-marks", "2", answers, "--marks", marks)
    assert (result.exit_code, marks.read_bytes()) == (1, before)
    assert "is not a table of quiz 2" in result.stderr


def test_a_quiz_is_never_overwritten(run, tmp_path):
    out = tmp_path / "quiz.toml"
    run("quiz", "2", "--student", "ada", "--out", str(out))
    before = out.read_text()
    assert "never overwritten" in run("quiz", "2", "--student", "bob", "--out", str(out)).stderr
    assert out.read_text() == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["quiz", "3", "--student", "ada"], 2, "Available: 1, 2"),
        (["quiz", "1", "--student", "a b"], 1, "student id"),
        (["quiz-marks", "1", "."], 2, "no files"),
        (["quiz-marks", "1", "nowhere"], 2, "no folder"),
        (["quiz-marks", "1", __file__], 2, "It is a file"),
    ],
)
def test_wrong_use_is_refused(run, words, code, said):
    result = run(*words)
    assert result.exit_code == code
    assert said in result.stderr
