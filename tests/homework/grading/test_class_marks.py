"""Marks by the rules of a course, gradebooks and feedback, from results made up here."""

import csv
import io

import pytest

from keras_cnn_course.errors import HomeworkError, UsageError
from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.grading.class_marks import gather_marks
from keras_cnn_course.homework.grading.feedback import name_files, write_feedback
from keras_cnn_course.homework.grading.gradebook import Mark, render_gradebook
from keras_cnn_course.homework.grading.platforms import find_owners
from keras_cnn_course.homework.grading.policy import Policy, apply_policy, read_policy
from keras_cnn_course.homework.grading.roster import read_roster
from keras_cnn_course.homework.grading.saved_results import SavedResult
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult, ExerciseResult

WRONG = Problem("mean", "The first number differs.", "Your result is the <average>.")


def exercise(name, points, *, passed):
    problem = None if passed else WRONG
    checks = (CheckResult("cases by hand", 1, (CaseResult(0, None, problem),), problem),)
    return ExerciseResult(name, points, checks, checks)


ALL = (exercise("relu", 4, passed=True), exercise("padding", 6, passed=True), exercise("layer", 10, passed=False))


def saved(student, score, submission="hw.zip", exercises=ALL):
    return SavedResult(submission, student, score, 20, "This message names grace.", exercises)


@pytest.mark.parametrize(
    ("policy", "score"),
    [
        (Policy(), 10),
        (Policy(drop_lowest=1), 20),  # 10 of the remaining 10 points, of 20
        (Policy(drop_lowest=2), 20),
        (Policy(days_late={"ada": 3}, free_days=2, percent_per_day=10), 9),
        (Policy(days_late={"ada": 2}, free_days=2, percent_per_day=10), 10),
        (Policy(days_late={"ada": 8}, most_days=7), 0),
        (Policy(days_late={"ada": 30}, percent_per_day=10), 0),
        (Policy(days_late={"grace": 30}, percent_per_day=10), 10),
    ],
)
def test_late_days_and_dropped_exercises(policy, score):
    assert apply_policy(policy, "Ada", ALL)[0] == score
    voluntary = (exercise("calibration", 0, passed=False), exercise("occlusion", 0, passed=True))
    assert apply_policy(policy, "Ada", (*ALL, *voluntary)) == apply_policy(policy, "Ada", ALL)


def test_of_equal_shares_the_one_with_more_points_is_dropped():
    exercises = (
        exercise("relu", 4, passed=False),
        exercise("padding", 8, passed=False),
        exercise("layer", 10, passed=True),
    )
    score, note = apply_policy(Policy(drop_lowest=1), "ada", exercises)
    assert (score, note) == (round(22 * 10 / 14, 2), "Not counted: padding.")


def test_a_policy_is_a_small_table(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("drop_lowest = 1\nfree_days = 2\npercent_per_day = 10\nmost_days = 7\n[days_late]\nAda = 3\n")
    assert read_policy(path) == Policy(1, 2, 10, 7, {"ada": 3.0})


def test_a_whole_number_may_be_written_with_a_point(tmp_path):
    (tmp_path / "policy.toml").write_text("drop_lowest = 1.0\n")
    assert apply_policy(read_policy(tmp_path / "policy.toml"), "Ada", ALL)[0] == 20


def test_an_id_may_be_written_as_students_write_it(tmp_path):
    lines = 'percent_per_day = 10\n[days_late]\nada.lovelace = 3\n00123 = 1\n"Jose\u0301@x.org" = 2\n'
    (tmp_path / "policy.toml").write_text(lines, encoding="utf-16")
    policy = read_policy(tmp_path / "policy.toml")
    assert [apply_policy(policy, student, ALL)[0] for student in ("Ada.Lovelace", "00123", "jos\u00e9@x.org")] == [
        7,
        9,
        8,
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("drop = 1", "unknown setting 'drop'"),
        ("free_days = -1", "free_days in .* must be a number from 0 upward; got -1"),
        ("drop_lowest = 0.5", "drop_lowest in .* must be a number"),
        ("[days_late]\nada = 'two'", "ada in .* must be a number"),
        ("days_late = 2", "must be a table"),
        ("free_days = ", "is not valid TOML"),
        ("[days_late]\nada@x.org = 3", "needs quotes"),
        ("[days_late]\nada = 3\nfree_days = 2", "free_days in .* must be above the line"),
        ("[days_late]\nAda = 3\nada = 1", "several lines for ada"),
        ("[days_late]\n'Jos\udce9' = 3", "not saved in UTF-8"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(text, says, tmp_path):
    (tmp_path / "policy.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(HomeworkError, match=says):
        read_policy(tmp_path / "policy.toml")


def test_nothing_says_which_of_two_marks_counts():
    results = [saved("ada", 10), saved("Ada", 4, "other.zip"), saved("bo", 10), saved("bo", 10, "copy.zip")]
    marks = gather_marks([*results, saved("cy", None)], policy=Policy(days_late={"di": 1}))
    assert list(marks.by_student) == ["bo"]
    first, second, third = sorted(marks.notes)
    assert first.startswith("No mark for ada: several submissions with 10 (hw.zip) and 4 (other.zip).")
    assert first.endswith("Keep the one that counts, and grade the class into another file.")
    assert second.startswith("No mark for hw.zip: ")
    assert third == "The rules have late days for di, who has no submission."


def test_the_same_total_from_different_exercises_is_no_mark_either():
    results = [
        saved("ada", 10, file, (exercise("convolution", 10, passed=first), exercise("relu", 10, passed=not first)))
        for file, first in (("a.zip", True), ("b.zip", False))
    ]
    marks = gather_marks(results, policy=Policy(drop_lowest=1))
    assert marks.by_student == {}
    assert "several submissions with 10 (a.zip) and 10 (b.zip) from different exercises." in marks.notes[0]


@pytest.mark.parametrize(
    ("marks", "notes"), [({}, []), ({"1": Mark("1", 5, 20)}, ["20 points are scaled to Canvas's 10."])]
)
def test_only_marks_are_scaled(marks, notes, tmp_path):
    (tmp_path / "roster.csv").write_text("Student,ID,Homework\nPoints Possible,,10\nAda,1,\n")
    assert render_gradebook("canvas", read_roster(tmp_path / "roster.csv"), marks)[1] == notes


def render(file_format, text, tmp_path, **options):
    """Return the gradebook of Ada, who has 5 of 20 points, as rows, and the notes."""
    (tmp_path / "roster.csv").write_text(text)
    roster = read_roster(tmp_path / "roster.csv")
    text, notes = render_gradebook(file_format, roster, {"ada": Mark("ada", 5, 20)}, **options)
    return list(csv.reader(io.StringIO(text))), notes


CANVAS = 'Student,SIS Login ID,ID,Homework (1)\nPoints Possible,,,"{}"\nAda,ada,1,\n'
MOODLE = 'Identifier,Username,Grade,Maximum Grade\nParticipant 1,ada,,"{}"\n'


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        *(("10", "2.5"), ("12,50", "3.12"), ("100.00", "25"), ("0.125", "0.03")),
        *(("1,000.00", "250"), ("1.000,00", "250"), ("1,000,000.0", "250000"), ("1.000.000", "250000")),
        *(("1 000", "250"), ("1\u00a0000,0", "250"), ("1'000.00", "250"), ("", "5"), ("0", "5")),
    ],
)
def test_the_maximum_is_read_in_every_style(text, grade, tmp_path):
    assert render("canvas", CANVAS.format(text), tmp_path)[0][2][3] == grade
    assert render("moodle", MOODLE.format(text), tmp_path)[0][1][2] == grade


@pytest.mark.parametrize("text", ["Scale: pass/fail", "1,000", "10.000", "-5", "1,00,00", "1e3", "1,000,00"])
@pytest.mark.parametrize(
    ("file_format", "roster", "what"),
    [("canvas", CANVAS, r"points possible of Homework \(1\)"), ("moodle", MOODLE, "maximum grade of ada")],
)
def test_a_maximum_that_is_no_clear_number_is_refused(file_format, roster, what, text, tmp_path):
    with pytest.raises(HomeworkError, match=rf"{what} in .* is '{text}', which is no clear number"):
        render(file_format, roster.format(text), tmp_path)


def test_of_several_assignments_of_one_name_none_is_chosen(tmp_path):
    text = "Student,SIS Login ID,ID,Homework (1),Homework (2)\nAda,ada,1,,\n"
    with pytest.raises(HomeworkError, match=r'Homework: Homework \(1\), Homework \(2\).*--assignment "Homework \(1\)"'):
        render("canvas", text, tmp_path)
    assert render("canvas", text, tmp_path, assignment="Homework (2)")[0][0][-1] == "Homework (2)"


@pytest.mark.parametrize(
    ("label", "student"), [("hw-1.zip", "2"), ("hw-0417.zip", "0417"), ("1.zip", "1"), ("hw_alove/hw-1.zip", "1")]
)
def test_the_number_of_a_copy_is_nobodys_id(label, student, tmp_path):
    (tmp_path / "roster.csv").write_text("Student ID,Username\n1,alove\n2,bo\n0417,cy\n")
    person, _ = read_roster(tmp_path / "roster.csv").find(owners=(), label=label, student="2")
    assert person.student == student


@pytest.mark.parametrize(
    ("name", "student", "owner"),
    [
        ("Ada Lovelace_11_assignsubmission_file_", "", "12"),  # 11 is Moodle's number, and Bo's id
        ("Zoe Foe_11_assignsubmission_file_", "", None),
        ("lovelaceada_11_501_hw.zip", "", None),
        ("lovelaceada_11_501_hw.zip", "12", "12"),
        ("lovelaceada_11_501_hw.zip", "cy", None),
        ("lovelaceada_12_501_hw.zip", "", "12"),
        ("lihua_13_501_hw.zip", "", "13"),
        ("lihua_15_501_hw.zip", "11", None),
    ],
)
def test_a_number_alone_makes_a_hand_in_nobody_elses(name, student, owner, tmp_path):
    rows = ["12,Ada Lovelace", "11,Bo Li", "13,Li Hua", "14,Hua Li", "cy,Cy Ng"]
    (tmp_path / "roster.csv").write_text("\n".join(["ID number,Full name", *rows]))
    roster = read_roster(tmp_path / "roster.csv")
    person, _ = roster.find(owners=find_owners([name]), label=name, student=student)
    assert (person and person.student) == owner


def test_canvas_number_is_enough_in_its_own_table(tmp_path):
    (tmp_path / "roster.csv").write_text('Student,ID,SIS Login ID,Section\n"Øster, Bo",11,bo,A\n')
    owners = find_owners(["osterbo_11_501_hw.zip"])
    person, _ = read_roster(tmp_path / "roster.csv").find(owners=owners, label="osterbo_11_501_hw.zip", student="")
    assert person.student == "bo"


def test_moodles_number_is_a_participant_of_its_worksheet(tmp_path):
    (tmp_path / "roster.csv").write_text("Identifier,ID number\nParticipant 11,12\nParticipant 12,11\n")
    name = "Participant 11_11_assignsubmission_file_"
    person, _ = read_roster(tmp_path / "roster.csv").find(owners=find_owners([name]), label=name, student="")
    assert person.student == "12"


@pytest.mark.parametrize(
    ("label", "student"),
    [
        ("Lovelace_Ada_alove_4711/20261103_hw.zip", "alove"),
        ("multi_feedback/Lovelace_Ada_alove_4711", "alove"),
        ("De_La_Cruz_Bo_b_cruz_9/hw.zip", "b_cruz"),
        ("hw_1_cy_4711.zip", "4711"),
    ],
)
def test_the_login_in_a_folder_of_ilias_counts_before_its_number(label, student, tmp_path):
    (tmp_path / "roster.csv").write_text("Login,Name\nalove,Ada\nb_cruz,Bo\n4711,Cy\n")
    person, _ = read_roster(tmp_path / "roster.csv").find(owners=(), label=label, student="")
    assert person.student == student


def test_all_ids_of_a_person_mean_this_person(tmp_path):
    (tmp_path / "roster.csv").write_text("Student,ID,SIS Login ID\nAda,11,alove\nBo,12,bo\nCy,13,cy\n")
    roster = read_roster(tmp_path / "roster.csv")
    results = [saved("alove", 10), saved("11", 4, "late.zip"), saved("12", 10), saved("dan", 10)]
    policy = Policy(percent_per_day=10, days_late={"12": 1, "11": 1})
    marks = gather_marks(results, policy=policy, roster=roster)
    assert marks.match(roster) == ({"bo": marks.by_student["bo"]}, ["dan"])
    assert marks.by_student["bo"].score == 9
    (note,) = marks.notes
    assert note.startswith("No mark for alove: several submissions with 10 (hw.zip) and 4 (late.zip).")


def test_late_days_for_two_ids_of_a_person_are_refused(tmp_path):
    (tmp_path / "roster.csv").write_text("Student,SIS User ID,SIS Login ID\nAda,S1,ada\n")
    policy = Policy(days_late={"ada": 3, "s1": 0})
    with pytest.raises(HomeworkError, match="for ada and for s1, which are two ids of one person"):
        gather_marks([], policy=policy, roster=read_roster(tmp_path / "roster.csv"))


@pytest.mark.parametrize("name", ["=cmd()", "+1+1", "@SUM(A1)", "-2+3"])
def test_no_cell_is_a_formula(name, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(f'Student,ID,Section,Homework\n"{name}",1,"{name}",-\n"Bo",-2,x,\n')
    text, _ = render_gradebook("canvas", read_roster(roster), {"1": Mark("1", 5, 10)})
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[2] == [f"'{name}", "1", f"'{name}", "5"]
    assert rows[3][1] == "-2"


@pytest.mark.parametrize(
    ("file_format", "says"), [("canvas", "columns Student and ID"), ("moodle", "Identifier and Grade")]
)
def test_a_roster_of_another_system_is_refused(file_format, says, tmp_path):
    (tmp_path / "roster.csv").write_text("SID,Name\n1,Ada\n")
    with pytest.raises(HomeworkError, match=says):
        render_gradebook(file_format, read_roster(tmp_path / "roster.csv"), {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("delimiter", "line_end"), [(",", "\n"), (";", "\r\n"), ("\t", "\r")])
def test_a_roster_may_be_saved_by_any_spreadsheet(encoding, delimiter, line_end, tmp_path):
    text = line_end.join(["Username,Full name", "josé,José Ruiz", "bo,Bo Björk", ""]).replace(",", delimiter)
    (tmp_path / "roster.csv").write_bytes(text.encode(encoding))
    people = read_roster(tmp_path / "roster.csv").people
    assert [(person.student, person.name) for person in people] == [("josé", "José Ruiz"), ("bo", "Bo Björk")]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nUsername;Full name\nada;Ada\n",
        '"SEP=|"\r\nUsername|Full name\r\nada|Ada\r\n',
        "\r\nUsername,Full name\r\nada,Ada\r\n",
        ";;\nUsername;Full name\nada;Ada\n",
        '"Section, room, and\nday";Username;Full name\nA;ada;Ada\n',
        "Username,Full name\nada,Ada,,\n",
    ],
)
def test_a_roster_may_have_what_spreadsheets_add(text, tmp_path):
    (tmp_path / "roster.csv").write_text(text, newline="")
    assert [(person.student, person.name) for person in read_roster(tmp_path / "roster.csv").people] == [("ada", "Ada")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Username,Full name\njosé,José Ruiz\n".encode("cp1252"), "CSV UTF-8"),
        (b"SID\n" + b"1" * 200_000, "not a table"),
        (
            b"Name,SID\nLovelace, Ada,12\nLi, Bo,13\n",
            "more cells than columns: Lovelace,  Ada, ... Put a cell in quotes",
        ),
        (b"Name,SID,SID\nAda,12,\n", "several columns named SID"),
        (b"Name,SID\n", "nobody in it has an id"),
        (b"Name,SID\nAda,\n", "nobody in it has an id"),
    ],
)
def test_a_roster_that_would_be_misread_is_refused(content, says, tmp_path):
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(HomeworkError, match=says):
        read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    ("text", "says"), [("Name\nAda\n", "it has no column with an id"), ("SID\n1\n1\n", "two people with the id 1")]
)
def test_a_roster_without_ids_is_refused(text, says, tmp_path):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(HomeworkError, match=says):
        read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize("identifier", ["ID", "Identifiant"])
def test_a_worksheet_in_another_language_says_what_to_do(identifier, tmp_path):
    with pytest.raises(HomeworkError, match=r"columns are: .*, Note\. .* set your course system to English"):
        render("moodle", f"{identifier},Nom complet,Note\nParticipant 1,Ada,\n", tmp_path)


def test_people_without_an_id_are_named_and_get_nobody_elses_mark(tmp_path):
    (tmp_path / "roster.csv").write_text("Student ID,Name\n1,Ada Lovelace\n,Bo Björk\n,\n")
    roster = read_roster(tmp_path / "roster.csv")
    (note,) = roster.notes
    assert note.endswith("who get no mark: Bo Björk.")
    owners = find_owners(["Bo Björk_22_assignsubmission_file_"])
    person, note = roster.find(owners=owners, label="Bo Björk_22_assignsubmission_file_", student="1")
    assert (person, note) == (None, "Bo Björk has no id in the roster, so no gradebook gets its mark.")


def test_a_roster_without_names_says_what_to_do(tmp_path):
    (tmp_path / "roster.csv").write_text("ID,Vollständiger Name\nTeilnehmer/in21,Ada\n")
    (note,) = read_roster(tmp_path / "roster.csv").notes
    assert note.startswith("No names found in ")
    assert "set your course system to English" in note


@pytest.mark.parametrize(
    "text",
    [
        "SID,First name,Name\n7,Bo,Björk\n",
        "SID,First name,Name\n7,Bo,Bo Björk\n",
        'SID,First name,Student\n7,Bo,"Björk, Bo"\n',
    ],
)
def test_a_name_beside_a_first_name_may_be_the_last_one_or_all(text, tmp_path):
    (tmp_path / "roster.csv").write_text(text)
    owners = find_owners(["Bo Björk_22_assignsubmission_file_"])
    person, _ = read_roster(tmp_path / "roster.csv").find(owners=owners, label="", student="")
    assert person.student == "7"


def test_moodle_keeps_a_grade_that_it_does_not_let_change(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("Identifier,Email address,Grade,Maximum Grade,Grade can be changed\nParticipant 1,a@b,3,10,No\n")
    text, notes = render_gradebook("moodle", read_roster(roster), {"a@b": Mark("a@b", 20, 20)})
    assert list(csv.reader(io.StringIO(text)))[1] == ["Participant 1", "a@b", "3", "10", "No"]
    assert notes == ["Moodle does not let the grade of a@b be changed."]


def test_moodle_gets_back_the_cells_that_are_not_filled_in_as_they_were(tmp_path):
    roster, comment = tmp_path / "roster.csv", "Well done.\r\n\r\n  - relu: see me\n"
    row = ["Participant 1", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645  B", "a@b", "", comment, "\n =1+1"]
    header = ["Identifier", "Full name", "Email address", "Grade", "Feedback comments", "Status"]
    with roster.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, row])
    text, _ = render_gradebook("moodle", read_roster(roster), {})
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [*row[:-1], f"'{row[-1]}"]


def test_feedback_says_what_is_wrong_and_names_nobody_else(tmp_path):
    marks = gather_marks([saved("ada", 10)], policy=Policy())
    text, page = write_feedback(tmp_path, marks.by_student["ada"], marks.exercises["ada"], name="ada")
    assert (text.name, page.name) == ("ada.txt", "ada.html")
    for content in (text.read_text("utf-8"), page.read_text("utf-8")):
        assert "ada: 10 of 20 points" in content
        assert "Points lost in: layer 0/10." in content
        assert "grace" not in content
    assert "Your result is the <average>." in text.read_text("utf-8")
    assert "Your result is the &lt;average&gt;." in page.read_text("utf-8")


def test_the_text_and_the_table_of_feedback_give_an_untouched_exercise_the_same_points(tmp_path):
    unwritten = Problem("not written", "ex02_padding.py is missing or unchanged.")
    checks = (
        CheckResult("cases by hand", 1, (CaseResult(0, None, unwritten),), unwritten),
        CheckResult("answer output_shape", 1, (CaseResult(0, None, None),)),
    )
    untouched = ExerciseResult("padding", 8, checks, is_untouched=True)
    for path in write_feedback(tmp_path, Mark("ada", 2.4, 8), [untouched], name="ada"):
        assert "padding  not started   2.4/8 points" in path.read_text("utf-8")
    assert ">2.4 of 8<" in path.read_text("utf-8")


def test_feedback_on_an_exercise_of_ones_own_needs_its_folder(tmp_path):
    with pytest.raises(UsageError, match="add --exercises DIR"):
        write_feedback(tmp_path, Mark("ada", 4, 4), [exercise("mean_pooling", 4, passed=True)], name="ada")


def test_a_strange_id_names_no_file_elsewhere(tmp_path):
    text, _ = write_feedback(tmp_path, Mark("../x y", 1, 2), (), name=name_files(["../x y"])["../x y"])
    assert text.parent == tmp_path
    assert text.read_text("utf-8").startswith("../x y: 1 of 2 points")


@pytest.mark.parametrize(
    ("students", "names"),
    [
        (["\u0915\u093f", "\u0915\u0940", "\u0915"], ["\u0915\u093f", "\u0915\u0940", "\u0915"]),  # vowel signs
        (["a b", "a_b", "A:B", "a_b-2"], ["a_b-3", "a_b", "A_B-4", "a_b-2"]),
        (["ada", "bob"], ["ada", "bob"]),
    ],
)
def test_every_student_has_files_of_their_own(students, names):
    assert name_files(students) == dict(zip(students, names, strict=True))
