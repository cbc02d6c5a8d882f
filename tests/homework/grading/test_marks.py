import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.grading.marks import read_marks
from keras_cnn_course.homework.grading.submission_results import GRADED, UNREADABLE, SubmissionResult
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult, ExerciseResult

RELU = [find_exercise("relu")]


def result(label, student, *, passed=True, message=""):
    checks = (CheckResult("cases", 1, (CaseResult(0, 1, None),) if passed else ()),)
    exercise = ExerciseResult("relu", 4, checks, checks)
    return SubmissionResult(Path("in") / label, student, GRADED, message, (exercise,), 1.0, 4, label)


def unreadable(label):
    return SubmissionResult(Path("in") / label, "", UNREADABLE, "not a zip", (), 0.0, 4, label)


def write(path, results, *, exercises=RELU):
    given = [each.label for each in results]
    return read_marks(path, file_format=path.suffix[1:], exercises=exercises, given=given).write(results)


def rows_of(path):
    if path.suffix == ".json":
        return json.loads(path.read_text())["submissions"]
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


@pytest.mark.parametrize("name", ["marks.csv", "marks.json"])
def test_grading_one_again_keeps_the_others(name, tmp_path):
    path = tmp_path / name
    group = [result("Ada_1/hw.zip", "ada"), result("Bob_2/hw.zip", "bob"), result("Cy_3/hw.zip", "cy")]
    assert write(path, group) == (0, 0)
    assert write(path, [result("hw.zip", "bob", message="again")]) == (1, 2)
    rows = rows_of(path)
    assert [row["student"] for row in rows] == ["ada", "bob", "cy"]
    assert [row["message"] for row in rows] == ["", "again", ""]
    assert write(path, [result("Dora_4/hw.zip", "dora")]) == (0, 3)
    assert [row["student"] for row in rows_of(path)] == ["ada", "bob", "cy", "dora"]


@pytest.mark.parametrize("name", ["marks.csv", "marks.json"])
def test_nobody_takes_the_row_of_somebody_else(name, tmp_path):
    """Another path, or another id, is another submission; the same id is noted in both rows."""
    path = tmp_path / name
    write(path, [result("Ada_1/hw.zip", "ada"), result("Bob_2/hw.zip", "ada")])
    assert write(path, [result("hw.zip", "ada")]) == (0, 2)  # it could be either
    assert write(path, [result("mallory.zip", "Ada")]) == (0, 3)
    assert write(path, [result("hw2.zip", "mallory")]) == (0, 4)
    rows = rows_of(path)
    assert [row["submission"] for row in rows] == ["Ada_1/hw.zip", "Bob_2/hw.zip", "hw.zip", "mallory.zip", "hw2.zip"]
    assert ["Has the same student id as" in row["message"] for row in rows] == [True] * 4 + [False]


@pytest.mark.parametrize("name", ["marks.csv", "marks.json"])
def test_grading_two_again_one_after_the_other_keeps_both(name, tmp_path):
    """Both are called hw.zip when they are graded alone."""
    path = tmp_path / name
    write(path, [result("Ada_1/hw.zip", "ada"), result("Bob_2/hw.zip", "bob")])
    assert write(path, [result("hw.zip", "ada", message="again")]) == (1, 1)
    assert write(path, [result("hw.zip", "bob", message="again")]) == (1, 1)
    rows = [(row["submission"], row["student"], row["message"]) for row in rows_of(path)]
    assert rows == [("Ada_1/hw.zip", "ada", "again"), ("Bob_2/hw.zip", "bob", "again")]


def test_two_students_may_hand_in_files_of_one_name(tmp_path):
    path = tmp_path / "marks.csv"
    for student, counts in (("ada", (0, 0)), ("bob", (0, 1)), ("Ada", (1, 1)), ("bob", (1, 1))):
        assert write(path, [result("hw.zip", student)]) == counts
    assert [row["student"] for row in rows_of(path)] == ["Ada", "bob"]
    assert write(path, [result("hw.zip", "")]) == (0, 2)  # it could be either


@pytest.mark.parametrize("name", ["marks.csv", "marks.json"])
def test_a_hand_in_of_nobody_known_takes_no_mark_when_it_is_graded_alone(name, tmp_path):
    path = tmp_path / name
    write(path, [result("hw.zip", "ada")])
    assert write(path, [unreadable("hw.zip")]) == (0, 1)
    assert write(path, [unreadable("hw.zip")]) == (1, 1)
    assert write(path, [result("hw.zip", "bob")]) == (1, 1)  # it can be read now
    assert [(row["student"], float(row["score"])) for row in rows_of(path)] == [("ada", 4), ("bob", 4)]


@pytest.mark.parametrize("labels", [["ada.zip", "bob.zip"], ["Ada_1/hw.zip", "Bob_2/hw.zip"]])
def test_a_hand_in_that_cannot_be_read_any_more_loses_its_mark_when_the_class_is_graded_again(labels, tmp_path):
    path = tmp_path / "marks.csv"
    group = [result(label, label[:3].lower()) for label in labels]
    write(path, group)
    assert write(path, [unreadable(labels[0]), group[1]]) == (2, 0)
    assert [(row["student"], row["score"]) for row in rows_of(path)] == [("", ""), ("bob", "4")]


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_is_the_same_however_its_accents_are_stored(forms, tmp_path):
    path = tmp_path / "marks.csv"
    before, now = (unicodedata.normalize(form, "Bo Björk_22_assignsubmission_file_/hw.zip") for form in forms)
    write(path, [result(before, "bo")])
    assert write(path, [result(now, "bo", message="again")]) == (1, 0)
    assert [row["message"] for row in rows_of(path)] == ["again"]


def test_two_names_that_differ_only_in_how_accents_are_stored_keep_their_rows(tmp_path):
    path = tmp_path / "marks.csv"
    both = [result(unicodedata.normalize(form, "Björk/hw.zip"), "bo", message=form) for form in ("NFC", "NFD")]
    write(path, both)
    for again in (both, both[::-1]):
        assert write(path, again) == (2, 0)
    assert [row["message"] for row in rows_of(path)] == ["NFC", "NFD"]


def test_a_row_without_a_student_is_replaced_once_the_student_is_known(tmp_path):
    path = tmp_path / "marks.csv"
    write(path, [result("ada.zip", "")])
    assert write(path, [result("ada.zip", "ada")]) == (1, 0)


BLACKBOARD = "CNN_ada_attempt_2026-11-0{}-10-15-00_hw.zip"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (["lovelaceada_11_501_hw.zip"], "lovelaceada_LATE_11_777_hw-1.zip"),
        (["lovelaceada_11_501_hw.zip", "lovelaceada_11_502_more.zip"], "lovelaceada_11_777_hw.zip"),
        (["lovelaceada_11"], "lovelaceada_11_777_hw.zip"),  # loose files at first
        (["lovelaceada_11_501_hw.zip"], "lovelaceada_11"),
        (["Ada Lovelace_21_assignsubmission_file_/hw.zip"], "Ada Lovelace_21_assignsubmission_file_/new.zip"),
        ([BLACKBOARD.format(3), BLACKBOARD.format(4)], BLACKBOARD.format(5)),
        (["ada_2026-11-03-10-15-00"], "ada_2026-11-04-10-15-00"),
    ],
)
def test_what_is_handed_in_again_replaces_what_was_there_before(before, now, tmp_path):
    path, bob = tmp_path / "marks.json", result("bjorkbo_12_502_hw.zip", "bob")
    write(path, [*(result(label, "ada", passed=False) for label in before), bob])
    again = result(now, "ada")
    marks = read_marks(path, file_format="json", exercises=RELU, given=[now, bob.label])
    assert marks.find_resubmitted(marks.make_row(again)) == before
    assert write(path, [again, bob]) == (2, 0)
    assert [(row["submission"], row["score"]) for row in rows_of(path)] == [(now, 4), (bob.label, 4)]


@pytest.mark.parametrize(
    ("before", "now", "student"),
    [
        ("lovelaceada_11_501_hw.zip", "lovelaceada_12_777_hw.zip", "ada"),  # two people of one name
        ("lovelaceada_11_501_hw.zip", "lovelaceada_11_777_hw.zip", "bob"),
        ("lovelaceada_11_501_hw.zip", "lovelaceada_11_777_hw.rar", ""),
        ("ada/hw_1", "hw_1.zip", "ada"),
        ("hw_1_2026_x/Bo Li_22_assignsubmission_file_/hw.zip", "hw_1_2026_x/Ada Li_21_assignsubmission_file_", "ada"),
        ("hw_1_2026_x/CNN_bo_2026-11-03-10-15-00", "hw_1_2026_x/CNN_ada_2026-11-04-10-15-00", "ada"),
    ],
)
def test_it_replaces_nothing_of_which_that_is_not_sure(before, now, student, tmp_path):
    write(tmp_path / "marks.csv", [result(before, "ada")])
    assert write(tmp_path / "marks.csv", [result(now, student)]) == (0, 1)


def test_people_whose_logins_end_alike_are_not_one_person(tmp_path):
    before, now = (f"CNN_{login}_attempt_2026-11-0{day}-10-15-00_hw.zip" for login, day in (("j_doe", 3), ("k_doe", 4)))
    write(tmp_path / "marks.csv", [unreadable(before)])
    assert write(tmp_path / "marks.csv", [result(now, "k_doe")]) == (0, 1)


def test_two_hand_ins_of_one_download_both_stay(tmp_path):
    both = [result(f"lovelaceada_11_{number}_hw.zip", "ada") for number in (501, 502)]
    write(tmp_path / "marks.csv", both[:1])
    assert write(tmp_path / "marks.csv", both) == (1, 0)
    assert write(tmp_path / "marks.csv", both[1:]) == (1, 1)
    assert len(rows_of(tmp_path / "marks.csv")) == 2


def test_a_table_opens_in_a_spreadsheet(tmp_path):
    write(tmp_path / "marks.csv", [result("\uff1d1+1.zip", "josé", message="@SUM(1)")])
    assert (tmp_path / "marks.csv").read_bytes().startswith(b"\xef\xbb\xbfsubmission,")
    (row,) = rows_of(tmp_path / "marks.csv")
    assert (row["submission"], row["student"], row["message"]) == ("'\uff1d1+1.zip", "josé", "'@SUM(1)")
    assert write(tmp_path / "marks.csv", [result("\uff1d1+1.zip", "josé")]) == (1, 0)


def test_a_table_from_a_spreadsheet_keeps_every_letter_of_its_ids(tmp_path):
    path = tmp_path / "marks.csv"
    write(path, [result("josé.zip", "josé"), result("bo.zip", "bo")])
    text = path.read_text("utf-8-sig")
    path.write_bytes(text.encode("cp1252"))
    with pytest.raises(HomeworkError, match="choose the file type CSV UTF-8"):
        write(path, [result("bo.zip", "bo")])
    assert path.read_bytes() == text.encode("cp1252")
    path.write_text(text.replace(",", ";"), encoding="utf-8-sig", newline="\r\n")
    assert write(path, [result("bo.zip", "bo")]) == (1, 1)
    assert [row["student"] for row in rows_of(path)] == ["josé", "bo"]


def test_numbers_with_a_decimal_comma_stay_numbers(tmp_path):
    header = "submission;student;status;score;max_score;relu;seconds;message\n"
    (tmp_path / "marks.csv").write_text(header + 'ada,1.zip;ada;graded;3,5;4;3,5;1,20;"3,5"\n')
    write(tmp_path / "marks.csv", [result("bob.zip", "bob")])
    row = rows_of(tmp_path / "marks.csv")[0]
    assert list(row.values()) == ["ada,1.zip", "ada", "graded", "3.5", "4", "3.5", "1.20", "3,5"]


def test_a_table_of_version_0_1_is_continued(tmp_path):
    header = "submission,student,status,score,max_score,relu,seconds,message\n"
    (tmp_path / "marks.csv").write_text(header + "ada.zip,ada,graded,4,4,4,1.00,\n")
    assert write(tmp_path / "marks.csv", [result("bob.zip", "bob")]) == (0, 1)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("marks.csv", "name,points\nada,4\n", "is not a table of marks"),
        ("marks.csv", "submission,student\nclass,of,40\n", "is not a table of marks"),
        (
            "marks.csv",
            "submission,student,status,score,max_score,layer,seconds,message\n",
            "for other exercises: layer",
        ),
        (
            "marks.csv",
            "submission,student,status,score,max_score,relu,seconds,message\na,b,graded,4,4,4,1.0,,5,6\n",
            "more cells than columns",
        ),
        (
            "marks.csv",
            "submission,student,status,score,max_score,relu,seconds,message\na,b,graded,3,3,3,1.0,\n",
            "out of 3 points, and the exercises have 4 now",
        ),
        ("marks.json", "[]", "was not written by"),
        ("marks.json", '{"submissions": [1]}', "was not written by"),
        (
            "marks.json",
            '{"submissions": [{"submission": "a", "student": "a", "status": "graded",'
            ' "exercises": [{"exercise": "x"}]}]}',
            "for other exercises: x",
        ),
    ],
)
def test_another_file_is_not_overwritten(name, text, message, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(HomeworkError, match=message):
        write(tmp_path / name, [result("ada.zip", "ada")])
    assert (tmp_path / name).read_text() == text
