"""The instructor's commands."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.exercises.ex11_training.task import Threshold
from keras_cnn_course.homework.sandbox import probes
from keras_cnn_course.homework.sandbox.confinement import find_isolation

SECRET = "0123456789abcdef"


@pytest.fixture
def class_of_two(run, solve, tmp_path):
    """A secret, and a folder with two submissions."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "class").mkdir()
    solve("convolution", "relu")
    assert run("submit", "--no-check", "-o", "class/right.zip").exit_code == 0
    solve(relu="import numpy\n\ndef relu(values):\n    return numpy.abs(values)\n")
    assert run("submit", "--no-check", "-o", "class/wrong.zip").exit_code == 0
    return tmp_path / "class"


def test_grading_writes_a_table(run, class_of_two):
    result = run("grade", "class", "--secret", "secret.txt", "--only", "convolution,relu")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["score"] for row in rows] == ["12", "8"]
    assert [row["student"] for row in rows] == ["ada", "ada"]
    assert "isolation: " in result.stderr
    assert "2/2" in result.stderr


def test_grading_for_gradescope(run, class_of_two, tmp_path):
    words = ["--secret", "secret.txt", "--format", "gradescope", "--only", "relu"]
    alone = run("grade", "class/right.zip", *words)
    assert json.loads(alone.stdout)["score"] == 4
    assert run("grade", "class", *words).exit_code == 2
    assert run("grade", "class", *words, "--out", "results", "--quiet").exit_code == 0
    scores = {path.name: json.loads(path.read_text())["score"] for path in (tmp_path / "results").iterdir()}
    assert scores == {"right.zip.json": 4, "wrong.zip.json": 0}


def test_an_upload_that_is_no_submission_is_explained_to_the_student(run, class_of_two, tmp_path):
    """Gradescope shows what is in results.json, and nothing where there is none."""
    words = ["--secret", "secret.txt", "--format", "gradescope", "--only", "relu", "--out", "results.json"]
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "ex05_relu.py").write_text("relu = 1")
    for upload, reason in (
        ("loose", "kcnn homework submit"),
        ("class", "contains 2 submissions (right.zip, wrong.zip)"),
    ):
        result = run("grade", upload, *words)
        assert result.exit_code == 0, result.output
        values = json.loads((tmp_path / "results.json").read_text())
        assert values["score"] == 0
        assert reason in values["output"]
        (tmp_path / "results.json").unlink()
    assert run("grade", "nowhere", *words).exit_code == 1
    assert not (tmp_path / "results.json").exists()


@pytest.mark.parametrize("words", [[], ["--format", "json"], ["--format", "gradescope"]])
def test_where_to_write_is_tried_before_grading(words, run, class_of_two, tmp_path, monkeypatch):
    from keras_cnn_course.homework.grading import batch

    monkeypatch.setattr(batch, "grade_submissions", lambda *_, **__: pytest.fail("graded in vain"))
    (tmp_path / "file").write_text("in the way")
    result = run("grade", "class", "--secret", "secret.txt", *words, "--out", "file/marks")
    assert result.exit_code == 1
    assert "Choose another --out" in result.stderr


def test_its_own_files_in_the_folder_of_the_class_are_no_hand_ins(run, class_of_two, monkeypatch):
    monkeypatch.chdir(class_of_two)
    Path("../secret.txt").rename("secret.txt")
    Path("roster.csv").write_text("Identifier,Email address,Grade,Maximum Grade\nParticipant 1,ada@x.y,,10\n")
    words = ["--secret", "secret.txt", "--roster", "roster.csv", "--only", "relu", "--format", "moodle"]
    for _ in range(2):
        result = run("grade", ".", *words, "--out", "upload.csv")
        assert result.exit_code == 0, result.output
        rows = json.loads(Path("upload.csv.results.json").read_text())["submissions"]
        assert [row["submission"] for row in rows] == ["right.zip", "wrong.zip"]
    for name in ("secret.txt", "roster.csv", "upload.csv", "upload.csv.results.json"):
        assert f"Not a submission: {name}: this command reads or writes it" in result.stderr


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["pack", "--secret", "secret.txt", "--only", "relu"], "secret.txt"),
        (["similar", "class/right.zip", "class/wrong.zip"], "class/right.zip"),
        (["grade", "class/right.zip", "--secret", "secret.txt", "--format", "gradescope"], "class/right.zip"),
        (["grade", "class", "--secret", "secret.txt", "--format", "gradescope"], "secret.txt"),
    ],
)
def test_nothing_that_is_read_is_overwritten(words, out, run, class_of_two, tmp_path):
    before = (tmp_path / out).read_bytes()
    result = run(*words, "--out", out)
    assert (result.exit_code, (tmp_path / out).read_bytes()) == (2, before)
    assert f"--out {out} would overwrite" in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("words", [["stats"], ["marks", "--feedback", "texts"]])
def test_results_may_be_saved_by_powershell(words, encoding, run, tmp_path):
    (tmp_path / "all.json").write_text('{"submissions": []}', encoding=encoding)
    assert run(*words, "all.json").exit_code == 0


MARKS = "submission,student,status,score,max_score,relu,seconds,message\nada.zip,ada,graded,4,4,4,1.00,\n"


@pytest.mark.parametrize(
    "words",
    [
        ["similar", "class/right.zip", "class/wrong.zip"],
        ["marks", "all.json", "--format", "canvas", "--roster", "canvas.csv"],
        ["grade", "class", "--secret", "secret.txt", "--format", "canvas", "--roster", "canvas.csv"],
        ["grade", "class/right.zip", "--secret", "secret.txt", "--format", "gradescope"],
        ["quiz-marks", "1", "class"],
    ],
)
def test_a_table_of_another_kind_is_not_overwritten(words, run, class_of_two, tmp_path):
    (tmp_path / "marks.csv").write_text(MARKS)
    (tmp_path / "canvas.csv").write_text("Student,ID,Homework\nAda,1,\n")
    (tmp_path / "all.json").write_text('{"submissions": []}')
    result = run(*words, "--marks" if words[0] == "quiz-marks" else "--out", "marks.csv")
    assert (result.exit_code, (tmp_path / "marks.csv").read_text()) == (1, MARKS)
    assert "marks.csv exists and is not a" in result.stderr
    assert not (tmp_path / "marks.csv.results.json").exists()


def test_a_table_of_the_same_kind_is_written_again(run, class_of_two, tmp_path):
    (tmp_path / "canvas.csv").write_text("Student,ID,Homework\nAda,1,\n")
    (tmp_path / "all.json").write_text('{"submissions": []}')
    for words in (
        ["marks", "all.json", "--format", "canvas", "--roster", "canvas.csv", "--out", "upload.csv"],
        ["similar", "class/right.zip", "class/wrong.zip", "--out", "pairs.csv"],
    ):
        assert [run(*words).exit_code for _ in range(2)] == [0, 0]


def test_grading_one_again_says_what_happens_to_the_others(run, class_of_two, tmp_path):
    words = ["--secret", "secret.txt", "--only", "relu", "--out", "marks.csv"]
    assert "marks.csv: 2 rows\n" in run("grade", "class", *words).stderr
    result = run("grade", "class/right.zip", *words)
    assert "marks.csv: 1 row replaced, 0 added, 1 kept as they were" in result.stderr
    (tmp_path / "marks.csv").write_text("submission,student\nclass,of,40\n")
    result = run("grade", "class/right.zip", *words)
    assert result.exit_code == 1
    assert "marks.csv exists and is not a table of marks" in result.stderr
    assert (tmp_path / "marks.csv").read_text() == "submission,student\nclass,of,40\n"


def test_marks_are_in_the_file_when_grading_is_stopped(run, class_of_two, monkeypatch, tmp_path):
    from keras_cnn_course.homework.grading import batch

    grade = batch.grade_submissions

    def stop(submissions, **options):
        grade(submissions[:1], **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "grade_submissions", stop)
    result = run("grade", "class", "--secret", "secret.txt", "--only", "relu", "--out", "marks.csv")
    assert result.exit_code == 130
    assert "1 of 2 submissions are graded, and their marks are in marks.csv. Continue" in result.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text("utf-8-sig"))))
    assert [row["submission"] for row in rows] == ["right.zip"]


def test_an_exercise_named_twice_counts_once(run, class_of_two):
    result = run("grade", "class/right.zip", "--secret", "secret.txt", "--only", "relu,5,relu")
    assert [row["max_score"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["4"]


def test_statistics_of_a_class(run, class_of_two):
    words = ["--secret", "secret.txt", "--format", "json", "--out", "results.json", "--only", "convolution,relu"]
    assert run("grade", "class", *words).exit_code == 0
    result = run("stats", "results.json", "--checks")
    assert result.exit_code == 0, result.output
    assert "relu: absolute value (1)" in result.stdout
    assert "relu: graded: random cases" in result.stdout
    values = {each["exercise"]: each for each in json.loads(run("stats", "results.json", "--json").stdout)}
    assert (values["relu"]["passed"], values["relu"]["started"]) == (1, 2)
    drawn = run("stats", "results.json", "--out", "class.png")
    assert drawn.stdout.count("to") >= 10
    assert "7.2 to 8" in drawn.stdout
    assert "wrong" not in drawn.stdout  # the name of a submission
    assert Path("class.png").stat().st_size > 10_000


def test_exercises_without_points_have_statistics_but_no_marks(run, class_of_two):
    graded = ["grade", "class", "--secret", "secret.txt", "--only", "occlusion,calibration"]
    assert run(*graded, "--format", "json", "--out", "results.json").exit_code == 0
    summary = run("stats", "results.json")
    assert summary.exit_code == 0
    assert "occlusion" in summary.stdout
    assert "The graded exercises are optional and have no points." in summary.stdout
    drawn = run("stats", "results.json", "--out", "class.png")
    assert (drawn.exit_code, "nothing to draw" in drawn.stderr) == (1, True)
    Path("roster.csv").write_text("Identifier,Email address,Grade,Maximum Grade\nParticipant 1,ada@x.y,,10\n")
    words = ["--format", "moodle", "--roster", "roster.csv", "--out", "upload.csv"]
    written = run("marks", "results.json", *words)
    assert (written.exit_code, "no marks for a gradebook" in written.stderr) == (1, True)
    refused = run(*graded, *words)
    assert (refused.exit_code, "--format moodle needs an exercise with points" in refused.stderr) == (2, True)
    assert not Path("upload.csv").exists()


def test_marks_and_feedback_without_grading_again(run, class_of_two):
    words = ["--secret", "secret.txt", "--format", "json", "--out", "results.json", "--only", "relu"]
    run("grade", "class/right.zip", *words)
    Path("roster.csv").write_text("Identifier,Email address,Grade,Maximum Grade\nParticipant 1,ada@x.y,,10\n")
    Path("policy.toml").write_text("percent_per_day = 25\n[days_late]\nAda = 1\n")
    words = ["--format", "moodle", "--roster", "roster.csv", "--policy", "policy.toml", "--out", "upload.csv"]
    result = run("marks", "results.json", *words, "--feedback", "feedback")
    assert result.exit_code == 0, result.output
    assert "upload.csv: 1 mark; people in the roster: 1" in result.stderr
    assert [row["Grade"] for row in csv.DictReader(io.StringIO(Path("upload.csv").read_text()))] == ["7.5"]
    assert sorted(path.name for path in Path("feedback").iterdir()) == ["ada@x.y.html", "ada@x.y.txt"]
    assert "1 day late: 25% of the points are subtracted." in Path("feedback/ada@x.y.txt").read_text("utf-8")


def test_students_whose_ids_look_alike_in_file_names_have_feedback_of_their_own(run, class_of_two):
    run("grade", "class", "--secret", "secret.txt", "--format", "json", "--out", "results.json", "--only", "relu")
    values = json.loads(Path("results.json").read_text())
    for students in (["a b", "a_b"], ["\u0915\u093f", "\u0915\u0940"]):
        for entry, student in zip(values["submissions"], students, strict=True):
            entry["student"] = student
        Path("results.json").write_text(json.dumps(values))
        assert run("marks", "results.json", "--feedback", "feedback").exit_code == 0
    texts = [path.read_text("utf-8") for path in Path("feedback").glob("*.txt")]
    assert {text.split(": ")[0] for text in texts} == {"a b", "a_b", "\u0915\u093f", "\u0915\u0940"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["grade", "class"], 2, "Missing option '--secret': a file from which the graded cases are drawn. Create one"),
        (["pack"], 2, "> secret.txt"),
        (["grade", "class", "--secret", "nowhere"], 2, "Cannot read the secret in nowhere: No such file"),
        (["grade", "class", "--secret", "short.txt"], 2, "short.txt must have 16 to 4096 bytes; it has 5"),
        (["grade", "nowhere", "--secret", "secret.txt"], 1, "No submission found in nowhere"),
        (["grade", "class", "--secret", "secret.txt", "--only", "relu,rleu"], 2, "Did you mean 'relu'"),
        (
            ["grade", "class/right.zip", "--secret", "secret.txt", "--only", "relu", "--out", "class"],
            1,
            "Cannot write class: Is a directory",
        ),
        (["marks", "nowhere.json"], 2, "Say what to write: --format canvas or moodle with --roster and --out"),
        (["marks", "x.json", "--format", "canvas"], 2, "--format canvas needs --roster FILE, exported from there"),
        (["grade", "class", "--secret", "secret.txt", "--format", "moodle"], 2, "--format moodle needs --roster FILE"),
        (["grade", "class", "--secret", "secret.txt", "--policy", "p"], 2, "--policy needs --format canvas or moodle."),
        (["stats", "nowhere.json"], 1, "Cannot read nowhere.json: No such file"),
        (["stats", "secret.txt"], 1, "was not written by `kcnn homework grade --format json`"),
        (["verify", "rleu"], 2, "Did you mean 'relu'"),
        (["calibrate", "--seeds", "1"], 2, "1 is not in the range"),
        (["pack", "--secret", "short.txt"], 2, "short.txt must have 16 to 4096 bytes; it has 5"),
    ],
)
def test_wrong_use_is_explained(words, code, message, run, class_of_two, tmp_path):
    (tmp_path / "short.txt").write_text("short")
    result = run(*words)
    assert result.exit_code == code, result.output
    assert message in result.stderr


def test_a_submission_without_a_mark_ends_with_3_and_the_others_are_written(run, class_of_two, monkeypatch, tmp_path):
    from keras_cnn_course.homework.grading import batch

    judge = batch.judge_exercise

    def fail(exercise, work, *arguments, **options):
        if "abs" in work.sources["ex05_relu"]:
            raise ZeroDivisionError("a mistake in a check")
        return judge(exercise, work, *arguments, **options)

    monkeypatch.setattr(batch, "judge_exercise", fail)
    result = run("grade", "class", "--secret", "secret.txt", "--only", "relu", "--out", "marks.csv")
    assert result.exit_code == 3
    assert "1 of 2 submissions have no mark" in result.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text("utf-8-sig"))))
    assert [(row["status"], row["score"]) for row in rows] == [("graded", "4"), ("grader error", "")]
    words = ["--secret", "secret.txt", "--only", "relu", "--format", "gradescope", "--out", "results"]
    assert run("grade", "class", *words).exit_code == 3
    assert len(list((tmp_path / "results").iterdir())) == 1


def test_verify_prints_its_table(run):
    result = run("verify", "relu")
    assert result.exit_code == 0, result.output
    assert " ".join(result.stdout.splitlines()[-1].split()) == "all 1 of 1 1 of 1 2 of 2 5 of 5"
    values = json.loads(run("verify", "relu", "--json").stdout)
    assert {attempt["kind"] for attempt in values[0]["attempts"]} == {"starter", "solution", "accepted", "mutant"}


def test_verify_ends_with_3_where_an_answer_is_judged_otherwise(run, monkeypatch):
    monkeypatch.setattr("keras_cnn_course.homework.grading.proof.mutate", lambda solution, mutant: solution)
    result = run("verify", "relu")
    assert result.exit_code == 3
    assert "mutant absolute value: expected 'absolute value', found 'passes'" in result.stderr


def test_the_doctor_tries_what_is_enforced(run, monkeypatch):
    names = ("read a solution", "send over UDP", "end Python")
    list_probes = probes.list_probes

    def few(*places):
        return [probe for probe in list_probes(*places) if probe.name in names]

    monkeypatch.setattr(probes, "list_probes", few)
    values = json.loads(run("doctor", "--json").stdout)
    assert values["level"] == find_isolation().level
    assert [probe["name"] for probe in values["probes"]] == list(names)
    text = run("doctor").stdout
    assert "of 3 stopped. isolation: " in text
    assert "container without network" in text


def test_the_doctor_says_what_it_means_if_something_is_not_stopped(run, monkeypatch):
    passed = [probes.ProbeResult("files", "read a solution", False, "it succeeded")]
    passed += [probes.ProbeResult(area, "something", True, "PermissionError") for area in ("network", "limits")]
    monkeypatch.setattr(probes, "probe_isolation", lambda sandboxes: iter(passed))
    text = run("doctor").stdout
    assert "NOT stopped  read a solution" in text
    assert "files      NOT protected  Student code can read and change your files: the secret" in text
    assert "network    protected      Student code cannot send anything" in text
    assert "Do not grade here. Grade in a container without network, or on Linux" in text
    areas = json.loads(run("doctor", "--json").stdout)["areas"]
    assert [(area["name"], area["stopped"], area["probes"]) for area in areas[:2]] == [
        ("files", 0, 1),
        ("network", 1, 1),
    ]


def test_pack_writes_an_autograder(run, tmp_path):
    (tmp_path / "secret.txt").write_text(SECRET)
    result = run("pack", "--secret", "secret.txt", "-o", "a.zip", "--only", "4-5,convolution")
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert b'results.json" --only convolution,layer,relu\n' in archive.read("run_autograder")
        assert archive.read("secret") == SECRET.encode()
        assert any(name.endswith(".whl") for name in archive.namelist())


def test_calibrate_trains_only_if_its_file_can_be_written_and_prints_what_it_measured(run, tmp_path, monkeypatch):
    trained = []

    def measure(seeds, *_, **__):
        (tmp_path / "new").rmdir()
        (tmp_path / "new").write_text("now a file is in the way")
        trained.append(seeds)
        return Threshold(0.9, 0.95, 0.01, tuple(seeds), (0.94, 0.96))

    monkeypatch.setattr("keras_cnn_course.homework.grading.calibration.measure_threshold", measure)
    lost = run("calibrate", "--seeds", "2", "--out", "new/threshold.json")
    refused = run("calibrate", "--seeds", "2", "--out", "new/threshold.json")
    assert (lost.exit_code, refused.exit_code, len(trained)) == (1, 1, 1)
    assert "mean 95.00%" in lost.stdout
    for result in (lost, refused):
        assert "Cannot write new/threshold.json: " in result.stderr
        assert "Choose another --out." in result.stderr


@pytest.mark.slow
def test_calibrate_writes_what_it_measured(run, tmp_path):
    result = run("calibrate", "--seeds", "2", "--out", "threshold.json")
    assert result.exit_code == 0, result.output
    measured = json.loads((tmp_path / "threshold.json").read_text())
    shipped = json.loads(find_exercise("training").read("threshold.json"))
    assert measured["seeds"] == [0, 1]
    # Another processor may round otherwise; one digit of 360 is 0.3 points.
    for mine, theirs in zip(measured["accuracies"], shipped["accuracies"], strict=False):
        assert abs(mine - theirs) < 0.02
