"""Classes as course systems export them, each in its own layout, with the roster of the same system.

In each class, Ada and Bo hand in a correct exercise, Cy something that is no homework, and Di nothing.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.homework.authoring.exercise import find_exercise

RELU = find_exercise("relu").read("solution.py")


def identity(student):
    return f'student = "{student}"\n'


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def homework(student):
    """Return a zip as `kcnn homework submit` makes it."""
    return zipped({"homework.toml": identity(student), "ex05_relu.py": RELU})


@dataclass(frozen=True)
class Export:
    """An export.

    Args:
        roster: the table of the class from the same system.
        files: contents by their paths.
        graded: ids of the students with a mark, in the roster's words.
        unmarked: labels of the entries without one.
        ignored: names that must be among those that are no submissions.
        notes: parts of messages.
    """

    roster: str
    files: Mapping[str, str | bytes]
    graded: tuple[str, ...]
    unmarked: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


CANVAS_ROSTER = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework (4314)\n"
    "    Points Possible,,,,,40\n"
    '"Lovelace, Ada",11,9011,alove,CNN-01,\n'
    '"Björk, Bo",12,9012,bo,CNN-01,\n'
    '"Cy, Cyrus",13,9013,cy,CNN-01,\n'
    '"Diaz, Di",14,9014,di,CNN-01,7\n'
    '"Student, Test",99,,abc,CNN-01,\n'
)
MOODLE_ROSTER = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    "Participant 21,Ada Lovelace,ada@uni.example,Submitted for grading,,50.00,Yes,-,-,\n"
    "Participant 22,Bo Björk,bo@uni.example,Submitted for grading,,50.00,Yes,-,-,\n"
    "Participant 23,Cy Cyrus,cy@uni.example,Submitted for grading,,50.00,Yes,-,-,\n"
    "Participant 24,Di Diaz,di@uni.example,No submission,,50.00,Yes,-,-,\n"
)
CANVAS_LOOSE = {
    "lovelaceada_11_501_homework.toml": identity("alove"),
    "lovelaceada_11_502_ex05_relu.py": RELU,
    "lovelaceada_11_503_screen.png": b"\x89PNG",
    "bjorkbo_LATE_12_504_ex05_relu-1.py": RELU,
    "cycyrus_13_505_report.pdf": b"%PDF-1.7",
}
EXPORTS = {
    "Canvas, zips": Export(
        CANVAS_ROSTER,
        {
            "lovelaceada_11_501_hw.zip": homework("alove"),
            "bjorkbo_LATE_12_502_hw-1.zip": homework("bo"),
            "cycyrus_13_503_report.pdf": b"%PDF-1.7",
        },
        ("alove", "bo"),
        ("cycyrus_13_503_report.pdf",),
    ),
    "Canvas, loose files": Export(
        CANVAS_ROSTER,
        CANVAS_LOOSE,
        ("alove", "bo"),
        ("cycyrus_13_505_report.pdf",),
        notes=("Without homework.toml: the id bo is from the roster.", "Not read: lovelaceada_11_503_screen.png."),
    ),
    "Canvas, one zip": Export(
        CANVAS_ROSTER,
        {"submissions.zip": zipped(CANVAS_LOOSE)},
        ("alove", "bo"),
        ("cycyrus_13_505_report.pdf",),
    ),
    "Moodle, folders": Export(
        MOODLE_ROSTER,
        {
            "Ada Lovelace_21_assignsubmission_file_/hw.zip": homework("ada"),
            "Ada Lovelace_21_assignsubmission_onlinetext_/onlinetext.html": "<p>Please see the file.</p>",
            "Bo Björk_22_assignsubmission_file_/ex05_relu.py": RELU,
            "Cy Cyrus_23_assignsubmission_file_/hw.rar": b"Rar!\x1a\x07\x01\0" + bytes(50),
        },
        ("ada@uni.example", "bo@uni.example"),
        ("Ada Lovelace_21_assignsubmission_onlinetext_", "Cy Cyrus_23_assignsubmission_file_/hw.rar"),
        notes=("Without homework.toml",),
    ),
    "Moodle, without folders": Export(
        MOODLE_ROSTER,
        {
            "Ada Lovelace_21_assignsubmission_file_hw.zip": homework("somebody"),
            "Bo Björk_22_assignsubmission_file_homework.toml": identity("bo"),
            "Bo Björk_22_assignsubmission_file_ex05_relu (1).py": RELU,
            "Cy Cyrus_23_assignsubmission_file_notes.txt": "sorry",
        },
        ("ada@uni.example", "bo@uni.example"),
        ("Cy Cyrus_23_assignsubmission_file_notes.txt",),
        notes=("By its name, this is the hand-in of ada@uni.example. homework.toml says somebody.",),
    ),
    "Gradescope": Export(
        "First Name,Last Name,SID,Email\nAda,Lovelace,31,ada@uni.example\nBo,Björk,32,bo@uni.example\n"
        "Cy,Cyrus,33,cy@uni.example\nDi,Diaz,34,di@uni.example\n",
        {
            "submission_metadata.yml": "---\n"
            + "".join(
                f"submission_{number}:\n  :submitters:\n  - :name: {name}\n    :sid: {sid}\n    :email: {email}\n"
                f"{more}  :created_at: 2026-11-03 10:15:00 Z\n  :results:\n    :tests:\n    - :name: ReLU\n"
                for number, name, sid, email, more in (
                    (701, "Ada Lovelace", 31, "a@y.z", ""),
                    (702, "B. B.", "", "bo@uni.example", "  - :name: Di Diaz\n    :sid:\n    :email: di@uni.example\n"),
                    (703, "Cy Cyrus", 33, "c@y.z", ""),
                )
            ),
            "submission_701/homework.toml": identity("ada"),
            "submission_701/ex05_relu.py": RELU,
            "submission_702/hw.zip": homework("bo"),
            "submission_703/hw.ipynb": "{}",
        },
        ("31", "32"),
        ("submission_703",),
        ignored=("submission_metadata.yml",),
        notes=("Handed in by a group: give its mark to Di Diaz, too.",),
    ),
    "Blackboard": Export(
        "Last Name;First Name;Username;Student ID\nLovelace;Ada;alove;41\nBjörk;Bo;bo;42\n"
        "Cyrus;Cy;cy;43\nDiaz;Di;di;44\n",
        {
            "CNN_alove_attempt_2026-11-03-10-15-00_hw.zip": homework("alove"),
            "CNN_alove_attempt_2026-11-03-10-15-00.txt": "Name: Ada Lovelace (alove)\n",
            "CNN_bo_attempt_2026-11-03-11-00-00_homework.toml": identity("bo"),
            "CNN_bo_attempt_2026-11-03-11-00-00_ex05_relu.py": RELU,
            "CNN_bo_attempt_2026-11-03-11-00-00.txt": "Name: Bo Björk (bo)\n",
            "CNN_cy_attempt_2026-11-03-12-00-00_report.docx": b"PK",
            "CNN_cy_attempt_2026-11-03-12-00-00.txt": "Name: Cy Cyrus (cy)\n",
        },
        ("41", "42"),
        ("CNN_cy_attempt_2026-11-03-12-00-00_report.docx",),
        ignored=("CNN_alove_attempt_2026-11-03-10-15-00.txt", "CNN_cy_attempt_2026-11-03-12-00-00.txt"),
    ),
    "GitHub Classroom": Export(
        "identifier,github_username,github_id,name\nada@uni.example,ada-l,51,Ada\nbo@uni.example,l,52,Bo\n"
        "cy@uni.example,cy99,53,Cy\ndi@uni.example,di,54,Di\n",
        {
            "homework-ada-l/homework.toml": identity("ada"),
            "homework-ada-l/ex05_relu.py": RELU,
            "homework-ada-l/.git/config": "[core]",
            "homework-l/homework.toml": identity("bo"),
            "homework-l/src/ex05_relu.py": RELU,
            "homework-cy99/README.md": "later",
        },
        ("ada@uni.example", "bo@uni.example"),
        ("homework-cy99",),
    ),
}


def grade(place, export, *words):
    """Grade an export; return the result of the command."""
    (place / "secret").write_text("0123456789abcdef")
    (place / "roster.csv").write_text(export.roster, encoding="utf-8-sig")
    for name, content in export.files.items():
        path = place / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (only,) = [place / "class" / "submissions.zip"] if "submissions.zip" in export.files else [place / "class"]
    command = [
        "homework",
        "grade",
        only,
        "--secret",
        place / "secret",
        "--only",
        "relu",
        "--roster",
        place / "roster.csv",
    ]
    return CliRunner().invoke(kcnn, [str(word) for word in [*command, *words]])


@pytest.mark.parametrize("name", EXPORTS)
def test_every_entry_is_somebodys_mark_or_named(name, tmp_path):
    export = EXPORTS[name]
    done = grade(tmp_path, export, "--quiet")
    assert done.exit_code == 1, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert sorted(row["student"] for row in rows if row["score"] == "4") == sorted(export.graded), rows
    assert tuple(row["submission"] for row in rows if row["score"] == "") == export.unmarked
    for ignored in export.ignored:
        assert any(line.startswith("Not a submission: ") and ignored in line for line in done.stderr.splitlines())
    messages = " ".join(row["message"] for row in rows)
    assert all(note in messages for note in export.notes), messages
    missing = [line for line in done.stderr.splitlines() if line.startswith("  nothing handed in: ")]
    assert any("Di" in line for line in missing)
    assert len(missing) <= 2


def test_an_anonymous_hand_in_without_an_id_has_the_number_of_its_participant(tmp_path):
    roster = "Identifier,Status,Grade,Maximum grade\nParticipant 21,Submitted for grading,,50.00\n"
    files = {"Participant_21_assignsubmission_file_/ex05_relu.py": RELU}
    done = grade(tmp_path, Export(roster, files, (), ()), "--quiet")
    assert done.exit_code == 0, done.output
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["student"], row["score"]) == ("Participant 21", "4")
    assert "Without homework.toml: the id 21 is from the roster." in row["message"]
    assert "No names found in " in done.stderr


LOOSE = {"homework.toml": identity("somebody"), "ex05_relu.py": RELU}
ADA = "Ada Lovelace_21_assignsubmission_file_"


@pytest.mark.parametrize(
    ("roster", "files", "student"),
    [
        (CANVAS_ROSTER, {"lovelaceada_11_501_hw.zip": homework("somebody")}, "alove"),
        (CANVAS_ROSTER, {f"late/lovelaceada_LATE_11_501_{name}": text for name, text in LOOSE.items()}, "alove"),
        (MOODLE_ROSTER, {f"{ADA}/hw.zip": homework("somebody")}, "ada@uni.example"),
        (MOODLE_ROSTER, {f"{ADA}/{name}": text for name, text in LOOSE.items()}, "ada@uni.example"),
        (MOODLE_ROSTER, {f"{ADA}/ex05_relu.py": RELU}, "ada@uni.example"),
    ],
)
def test_the_zip_of_one_late_hand_in_keeps_the_name_of_the_course_system(roster, files, student, tmp_path):
    done = grade(tmp_path, Export(roster, {"submissions.zip": zipped(files)}, (), ()), "--quiet")
    assert done.exit_code == 0, done.output
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["student"], row["score"]) == (student, "4")


def test_a_folder_that_a_student_has_named_is_nobodys_name(tmp_path):
    files = {f"hw_13_2_final/{name}": text for name, text in {**LOOSE, "homework.toml": identity("alove")}.items()}
    done = grade(tmp_path, Export(CANVAS_ROSTER, {"submissions.zip": zipped(files)}, (), ()), "--quiet")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["submission"], row["student"], row["score"]) == ("submissions.zip", "alove", "4")


def test_the_longest_login_that_ends_the_name_of_blackboard_counts(tmp_path):
    roster = "Username,Full name\ndoe,Dana Doe\njohn_doe,John Doe\nann_smith,Ann Smith\n"
    names = [f"Home_work_{login}_attempt_2026-11-03-10-15-00_hw.zip" for login in ("ann_smith", "doe", "john_doe")]
    done = grade(tmp_path, Export(roster, dict.fromkeys(names, homework("john_doe")), (), ()), "--quiet")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["submission"], row["student"]) for row in rows] == list(
        zip(names, ("ann_smith", "doe", "john_doe"), strict=True)
    )


def list_owners(place, export):
    """Grade an export; return the student and the message of each submission."""
    done = grade(place, export, "--quiet")
    return {row["submission"]: (row["student"], row["message"]) for row in csv.DictReader(io.StringIO(done.stdout))}


def test_a_date_in_a_name_is_nobodys_number(tmp_path):
    roster = "ID,Username,Name\n1,alove,Ada Lovelace\n2,bbjork,Bo Björk\n3,ccyrus,Cy Cyrus\n2026,di,Di Diaz\n"
    files = {
        "Lovelace_Ada_alove_4711/hw_3_11_2026.zip": zipped({"ex05_relu.py": RELU}),
        "homework-bbjork/hw_3_11_2026.zip": homework("bbjork"),
        "gradebook_2026_1_CNN/CNN_ccyrus_attempt_2026-11-03-10-15-00_hw.zip": zipped({"ex05_relu.py": RELU}),
        "hw_2026_11_04.zip": homework("di"),
        "hw_3_12_bbjork.zip": homework("di"),
    }
    owners = list_owners(tmp_path, Export(roster, files, (), ()))
    assert [student for student, _ in owners.values()] == ["alove", "ccyrus", "bbjork", "di", "di"], owners


def test_a_folder_with_hand_ins_of_several_people_is_nobodys(tmp_path):
    roster = "Username,Name\nalove,Ada Lovelace\nbbjork,Bo Björk\nccyrus,Cy Cyrus\ndi,Di Diaz\n"
    files = {
        "Tutorium_alove/x1.zip": homework("bbjork"),
        "Tutorium_alove/homework-ccyrus/hw.zip": homework("somebody"),
        "Tutorium_alove/x3.zip": homework("alove"),
        "homework-di/homework.toml": identity("somebody"),  # a repository with an older hand-in
        "homework-di/ex05_relu.py": RELU,
        "homework-di/old/hw.zip": homework("nobody"),
    }
    owners = list_owners(tmp_path, Export(roster, files, (), ()))
    assert {name: student for name, (student, _) in owners.items()} == {
        "Tutorium_alove/x1.zip": "bbjork",
        "Tutorium_alove/homework-ccyrus/hw.zip": "ccyrus",
        "Tutorium_alove/x3.zip": "alove",
        "homework-di": "di",
        "homework-di/old/hw.zip": "di",
    }


@pytest.mark.parametrize(
    ("folder", "students"), [("Lovelace_Ada_alove_4711", ["me", "bo"]), ("homework-alove", ["somebody", "somebody"])]
)
def test_several_hand_ins_in_a_students_folder_are_the_students(folder, students, tmp_path):
    files = {f"{folder}/hw{number}.zip": homework(student) for number, student in enumerate(students)}
    owners = list_owners(tmp_path, Export("Login,Name\nalove,Ada Lovelace\nbo,Bo Björk\n", files, (), ()))
    assert [student for student, _ in owners.values()] == ["alove", "alove"]


def test_each_member_of_a_team_in_moodle_has_a_row(tmp_path):
    roster = "First name,Last name,Username\nAda,Lovelace,ada\nBo,Björk,bo\nAnna-Lena,Cyrus,cy\nLena,Cyrus,di\n"
    people = ("Team 1-Ada Lovelace", "Team 1-Bo Björk", "Gruppe-A-Anna-Lena Cyrus", "Anna-Lena Cyrus")
    files = {f"{name}_22_assignsubmission_file_/hw.zip": homework("ada") for name in people}
    owners = list_owners(tmp_path, Export(roster, files, (), ()))
    assert [student for student, _ in owners.values()] == ["cy", "cy", "ada", "bo"], owners


def test_a_name_that_fits_nobody_is_noted_if_the_id_counts(tmp_path):
    files = {"Eve Foe_22_assignsubmission_file_/hw.zip": homework("ada")}
    ((student, message),) = list_owners(tmp_path, Export("Username,Name\nada,Ada\n", files, (), ())).values()
    assert student == "ada"
    assert message == "Nobody in the roster fits the name of this hand-in, so the id in homework.toml counts."


def test_canvas_gets_its_own_table_back_with_the_marks(tmp_path):
    out = tmp_path / "upload.csv"
    done = grade(tmp_path, EXPORTS["Canvas, zips"], "--format", "canvas", "--out", out, "--quiet")
    assert done.exit_code == 1  # one entry has no mark
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework (4314)"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "40"]
    assert [(row[1], row[3], row[5]) for row in rows[2:]] == [
        ("11", "alove", "40"),
        ("12", "bo", "40"),
        ("13", "cy", ""),
        ("14", "di", "7"),
    ]
    assert "4 points are scaled to Canvas's 40." in done.stderr
    assert "  no mark: 9014" not in done.stderr
    assert "  no mark: di Diaz, Di" in done.stderr
    assert json.loads((tmp_path / "upload.csv.results.json").read_text())["submissions"]


@pytest.mark.parametrize("name", ["upload.csv.results.json", "roster.csv", "policy.toml"])
def test_a_gradebook_overwrites_nothing_that_it_is_made_of(name, tmp_path):
    grade(tmp_path, EXPORTS["Canvas, zips"], "--format", "canvas", "--out", tmp_path / "upload.csv", "--quiet")
    (tmp_path / "policy.toml").write_text("free_days = 1\n")
    before = (tmp_path / name).read_bytes()
    words = ["marks", tmp_path / "upload.csv.results.json", "--roster", tmp_path / "roster.csv"]
    words += ["--policy", tmp_path / "policy.toml", "--format", "canvas", "--out", tmp_path / name]
    done = CliRunner().invoke(kcnn, ["homework", *map(str, words)])
    assert (done.exit_code, (tmp_path / name).read_bytes()) == (2, before)
    assert "Choose another --out" in done.stderr


def test_moodle_gets_its_own_worksheet_back(tmp_path):
    out = tmp_path / "upload.csv"
    grade(tmp_path, EXPORTS["Moodle, folders"], "--format", "moodle", "--out", out, "--quiet")
    before = list(csv.DictReader(io.StringIO(MOODLE_ROSTER)))
    after = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert [row["Grade"] for row in after] == ["50", "50", "", ""]
    assert after[0]["Feedback comments"] == "All exercises pass."
    kept = set(before[0]) - {"Grade", "Feedback comments"}
    assert [{name: row[name] for name in kept} for row in after] == [
        {name: row[name] for name in kept} for row in before
    ]


def test_one_student_is_graded_again(tmp_path):
    export = EXPORTS["Canvas, zips"]
    out = tmp_path / "upload.csv"
    grade(tmp_path, export, "--format", "canvas", "--out", out, "--quiet")
    again = tmp_path / "again" / "bjorkbo_LATE_12_502_hw-1.zip"
    again.parent.mkdir()
    again.write_bytes(
        zipped({"homework.toml": identity("bo"), "ex05_relu.py": "def relu(values):\n    return -values\n"})
    )
    words = ["homework", "grade", again, "--secret", tmp_path / "secret", "--only", "relu"]
    words += ["--roster", tmp_path / "roster.csv", "--format", "canvas", "--out", out, "--quiet"]
    done = CliRunner().invoke(kcnn, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))
    assert [row[5] for row in rows[2:]] == ["40", "0", "", "7"]


def test_what_is_handed_in_again_counts(tmp_path):
    """Canvas gives it another number; the first file is not in the next download."""
    before = Export(CANVAS_ROSTER, {"bjorkbo_12_502_hw.zip": zipped({"homework.toml": identity("bo")})}, ("bo",), ())
    now = Export(CANVAS_ROSTER, {"bjorkbo_12_777_hw-1.zip": homework("bo")}, ("bo",), ())
    out = tmp_path / "upload.csv"
    words = ["--format", "canvas", "--out", out, "--quiet"]
    grade(tmp_path, before, *words)
    (tmp_path / "class" / "bjorkbo_12_502_hw.zip").unlink()
    done = grade(tmp_path, now, *words)
    assert done.exit_code == 0, done.output
    says = "bjorkbo_12_777_hw-1.zip replaces bjorkbo_12_502_hw.zip, which the same student handed in before"
    assert says in done.stderr
    assert "No mark for" not in done.stderr
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))
    assert [row[5] for row in rows[2:]] == ["", "40", "", "7"]


def test_nobody_who_was_graded_before_is_missing(tmp_path):
    words = ["--out", tmp_path / "marks.csv", "--quiet"]
    grade(tmp_path, EXPORTS["Canvas, zips"], *words)
    (tmp_path / "class" / "lovelaceada_11_501_hw.zip").unlink()
    done = grade(tmp_path, Export(CANVAS_ROSTER, {}, (), ()), *words)
    missing = [line for line in done.stderr.splitlines() if line.startswith("  nothing handed in: ")]
    assert missing == ["  nothing handed in: di Diaz, Di"]
