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


def read_table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_a_class_is_marked_with_a_table_and_a_picture(run, answers, tmp_path):
    marks, picture = tmp_path / "marks.csv", tmp_path / "class.png"
    result = run("quiz-marks", "1", str(answers), "--marks", str(marks), "--out", str(picture))
    rows = read_table(marks)
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
    rows = read_table(tmp_path / "marks.csv")
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


def test_marking_one_group_after_the_other_keeps_both(run, answers, tmp_path):
    marks = tmp_path / "marks.csv"
    groups = {"A": ("ada", "bob"), "B": ("eve",)}
    for group, students in groups.items():
        for student in students:
            (tmp_path / group).mkdir(exist_ok=True)
            (answers / f"{student}.toml").rename(tmp_path / group / f"{student}.toml")
    assert "marks.csv: 2 rows\n" in run("quiz-marks", "1", "A", "--marks", marks).stdout
    said = run("quiz-marks", "1", "B", "--marks", marks).stdout
    assert "marks.csv: 0 rows replaced, 1 added, 2 kept as they were" in said
    assert [row["student"] for row in read_table(marks)] == ["ada", "bob", "eve"]
    before = read_table(marks)
    (tmp_path / "class").mkdir()
    for group in groups:
        (tmp_path / group).rename(tmp_path / "class" / group)
    said = run("quiz-marks", "1", "class", "--marks", marks).stdout
    assert "3 rows replaced, 0 added, 0 kept" in said
    assert [row["file"] for row in read_table(marks)] == ["A/ada.toml", "A/bob.toml", "B/eve.toml"]
    assert [row["score"] for row in read_table(marks)] == [row["score"] for row in before]


def test_a_row_of_a_table_stays_as_an_instructor_has_changed_it(run, answers, tmp_path):
    marks, late = tmp_path / "marks.csv", tmp_path / "late"
    late.mkdir()
    (answers / "eve.toml").rename(late / "eve.toml")
    run("quiz-marks", "1", answers, "--marks", marks)
    marks.write_text(marks.read_text("utf-8-sig").replace("bob,bob.toml,9", "bob,bob.toml,9.5"), encoding="utf-8-sig")
    run("quiz-marks", "1", late, "--marks", marks)
    assert [row["score"] for row in read_table(marks)] == ["10", "9.5", "0"]


def test_another_file_of_a_student_with_a_mark_changes_nothing(run, answers, tmp_path):
    marks, late = tmp_path / "marks.csv", tmp_path / "late"
    late.mkdir()
    (late / "again.toml").write_text((answers / "bob.toml").read_text())
    run("quiz-marks", "1", answers, "--marks", marks)
    result = run("quiz-marks", "1", late, "--marks", marks, "--json")
    (mark,) = json.loads(result.stdout)
    assert (result.exit_code, mark["score"]) == (1, None)
    assert "again.toml: The table has a mark of bob from another file, bob.toml." in result.stderr
    rows = [(row["file"], row["score"]) for row in read_table(marks) if row["student"] == "bob"]
    assert rows == [("bob.toml", "9"), ("again.toml", "")]


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
