"""The student's commands, as a student uses them."""

import json
import os
import re
import subprocess
import sys
import time
import zipfile

import pytest
from PIL import Image

from keras_cnn_course.errors import GraderError, HomeworkError
from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises

FLIPPED = mutate(find_exercise("convolution").read("solution.py"), find_exercise("convolution").load_mutants()[0])


def test_start_says_what_to_do_next(run, tmp_path):
    result = run("start", "mine", "--student", "ada.lovelace")
    assert result.exit_code == 0
    assert "15 exercises for ada.lovelace" in result.stdout
    assert "kcnn homework check convolution" in result.stdout
    assert len(list((tmp_path / "mine").glob("ex*.py"))) == 15


def test_a_part_of_the_homework_is_a_folder_of_its_own(run, tmp_path, monkeypatch):
    result = run("start", "part", "--student", "ada", "--only", "13,2-3,relu,2")
    assert "part: 4 exercises for ada" in result.stdout
    assert "filters builds on convolution, which is not in this folder." in result.stdout
    assert "run: kcnn homework check padding --watch" in result.stdout
    monkeypatch.chdir(tmp_path / "part")
    assert sorted(path.name[:4] for path in (tmp_path / "part").glob("ex*.py")) == ["ex02", "ex03", "ex05", "ex13"]
    assert "[padding]" in (tmp_path / "part" / "answers.toml").read_text()
    assert "[parameters]" not in (tmp_path / "part" / "answers.toml").read_text()
    assert "26 points in total" in run("list").stdout
    (tmp_path / "part" / "ex03_filters.py").write_text(find_exercise("filters").read("solution.py"))
    result = run("check", "filters")
    assert result.exit_code == 0
    assert "The homework has 4." in result.stdout
    assert "is up to date" in run("upgrade").stdout
    assert "Not started: padding, relu, shift\n" in run("submit").stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["start", "--only", "6-2"], 2, "The range 6-2 ends before it begins. Write 2-6."),
        (["start", "--only", "1-99"], 2, "No exercise named '99'"),
        (["start", "--only", "rleu"], 2, "Did you mean 'relu'"),
        (["start", "--student", "a b"], 1, "A student id must consist of 1 to 64"),
        (["start", "full"], 1, "is not empty"),
        (["list", "--folder", "nowhere"], 1, "kcnn homework start"),
        (["check"], 1, "kcnn homework start"),
        (["check", "convolutoin"], 2, "Did you mean 'convolution'"),
        (["check", "16"], 2, "No exercise named '16'"),
        (["hint"], 2, "Missing argument 'EX'"),
        (["chekc"], 2, "Did you mean 'check'"),
        (["explain", "relu", "--seed", "xyz"], 2, "four hexadecimal digits"),
        (["explain", "relu", "--seed", "12345"], 2, "four hexadecimal digits"),
        (["solution", "relu"], 1, "kcnn homework start"),
        (["submit"], 1, "kcnn homework start"),
        (["upgrade"], 1, "kcnn homework start"),
    ],
)
def test_wrong_use_is_explained(words, code, message, run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    result = run(*words)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_list_shows_every_exercise_with_or_without_a_folder(run, started, solve):
    solve("convolution", relu="relu = 1")
    run("check")
    text = run("list").stdout
    for exercise in list_exercises():
        assert f" {exercise.name} " in text
    states = {each["name"]: each["state"] for each in json.loads(run("list", "--json").stdout)}
    assert (states["convolution"], states["relu"], states["shift"]) == ("passed", "started", "not started")


def test_check_ends_with_0_only_where_all_is_right(run, solve):
    result = run("check")
    assert (result.exit_code, "not started an exercise yet" in result.stdout) == (1, True)
    solve("convolution")
    result = run("check", "1")
    assert result.exit_code == 0, result.output
    assert "ok convolution   4.8/8 points" in result.stdout
    assert "isolation" not in result.output
    solve(relu="relu = 1")
    assert run("check").exit_code == 1
    assert run("check", "convolution").exit_code == 0
    assert run("check", "shift").exit_code == 1


def test_an_answered_question_counts_as_started(run, solve):
    answers = solve("relu") / "answers.toml"
    answers.write_text(answers.read_text().replace('zeros_on_each_side = "?"', "zeros_on_each_side = 999"))
    result = run("check")
    assert "zeros_on_each_side = 999 in line" in result.stdout
    assert "1 of 2 checked exercises pass." in result.stdout


def test_a_mistake_comes_with_its_diagnosis_and_the_next_command(run, solve):
    solve(convolution=FLIPPED)
    result = run("check", "convolution")
    assert result.exit_code == 1
    assert "rotated by 180 degrees" in result.stdout
    command = re.search(r"Next: kcnn homework (.*)", result.stdout)[1]
    explained = run(*command.split())
    assert explained.exit_code == 0, explained.output
    assert "rotated by 180 degrees" in explained.stdout


def test_a_mistake_that_does_not_explain_every_wrong_result_is_never_named(run, solve):
    """Each of the cases by hand fits some mistake, but no mistake fits all of them."""
    counts = "    return inputs * units + units * classes + classes\n"
    solve(parameters=f"def count_mlp(inputs, units, classes):\n{counts}")
    texts = [run("check", "parameters").stdout]
    texts += [run("explain", "parameters", *words).stdout for words in ([], *(("--case", n) for n in (1, 2, 3)))]
    for text in texts:
        assert " instead of " in text
        assert "You " not in text


@pytest.mark.usefixtures("started")
def test_check_cannot_watch_and_write_json(run):
    result = run("check", "--watch", "--json")
    assert result.exit_code == 2
    assert "--watch and --json cannot be combined" in result.stderr


def test_check_as_json(run, solve):
    solve("convolution", relu="relu = 1")
    values = json.loads(run("check", "--json").stdout)
    assert [(each["exercise"], each["passed"], each["score"]) for each in values] == [
        ("convolution", True, 4.8),
        ("relu", False, 0.0),
    ]


def test_explain_draws_a_case_and_replays_any_seed(run, solve, tmp_path):
    solve(convolution=FLIPPED)
    result = run("explain", "convolution", "--seed", "5f2a", "--out", "case.png")
    assert result.exit_code == 0, result.output
    assert "random cases (seed 5f2a)" in result.stdout
    with Image.open(tmp_path / "case.png") as picture:
        assert picture.width > 400
        assert "random cases (seed 5f2a)" in picture.info["Description"]
    again = run("explain", "convolution", "--seed", "5f2a")
    assert again.stdout == result.stdout
    single = run("explain", "convolution", "--check", "single pixel", "--seed", "1")
    assert "An image with a single white pixel" in single.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["convolution"], "convolution passes, so there is no failing case"),
        (["parameters"], "ex08_parameters.py is missing or still the starter"),
        (["convolution", "--check", "linearty", "--seed", "1"], "Did you mean 'linearity'"),
        (["convolution", "--check", "linearity"], "Give the seed of one: --seed XXXX"),
        (["convolution", "--case", "4"], "from 1 to 3"),
        (["convolution", "--seed", "5f2a", "--case", "1"], "--seed and --case cannot be combined"),
        (["convolution", "--check", "cases by hand", "--seed", "5f2a"], "worked out by hand"),
        (["convolution", "--case", "1", "--out", "x.bmp"], ".png, .svg or .pdf"),
        (["keras_model", "--case", "1"], "No case of keras_model is worked out by hand"),
        (["receptive_field", "--case", "1", "--out", "x.png"], "no arrays to draw in receptive_field"),
    ],
)
def test_a_case_that_cannot_be_explained(words, message, run, solve):
    solve("convolution", "receptive_field")
    result = run("explain", *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_picture_without_anything_to_draw_is_refused_before_a_training(run, solve, monkeypatch):
    solve("training")
    trained = []
    monkeypatch.setattr("keras_cnn_course.homework.sandbox.sandboxes.Sandboxes.run", lambda *_: trained.append(1))
    for words in ([], ["--seed", "1"]):
        refused = run("explain", "training", *words, "--out", "x.png")
        assert (refused.exit_code, trained) == (2, [])
        assert "There are no arrays to draw in training: only those with rows and columns" in refused.stderr


def test_hints_come_one_by_one(run, started):
    first, second, third, fourth = (run("hint", "relu").stdout for _ in range(4))
    assert [text.count("Hint ") for text in (first, second, third, fourth)] == [1, 2, 3, 3]
    assert "kcnn lecture relu" in first


def test_the_solution_is_shown_after_a_pass(run, solve):
    solve(relu="relu = 1")
    run("check")
    refused = run("solution", "relu")
    assert (refused.exit_code, refused.stdout) == (1, "")
    solve("relu")
    run("check", "relu")
    assert run("solution", "relu").stdout.strip() == find_exercise("relu").read("solution.py").strip()
    for name in find_exercise("relu").accepted:
        assert f"---- {name} ----" in run("solution", "relu", "--all").stdout


def test_reset_and_upgrade_say_what_they_did(run, solve, started):
    solve(relu="mine")
    result = run("reset", "relu")
    assert "ex05_relu-001.py" in result.stdout
    assert (started / ".kcnn" / "old" / "ex05_relu-001.py").read_text() == "mine"
    assert "is up to date" in run("upgrade").stdout


def test_submit_warns_and_hands_in(run, solve, tmp_path):
    solve("convolution", relu="relu = 1")
    result = run("submit", "-o", "mine.zip")
    assert result.exit_code == 0
    assert "Not passing yet: relu" in result.stderr
    assert "Not started: padding" in result.stderr
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert {"homework.toml", "answers.toml", "ex05_relu.py"} <= set(archive.namelist())
        assert archive.read("ex05_relu.py") == b"relu = 1"
        assert not any(name.startswith(".kcnn") for name in archive.namelist())


@pytest.mark.parametrize("kind", [GraderError, HomeworkError])  # such as a .kcnn/state.json that cannot be written
def test_submit_hands_in_what_cannot_be_checked(kind, run, solve, monkeypatch, tmp_path):
    solve("relu")

    def fail(*_, **__):
        raise kind("The sandbox did not start.")

    monkeypatch.setattr("keras_cnn_course.homework.student.checking.judge_exercise", fail)
    result = run("submit", "-o", "mine.zip")
    assert result.exit_code == 0
    assert "Your exercises were not checked: The sandbox did not start." in result.stderr
    assert "--no-check" in result.stderr
    assert "Not started: convolution" in result.stderr
    assert "ex05_relu.py" in zipfile.ZipFile(tmp_path / "mine.zip").namelist()


@pytest.mark.parametrize("name", ["ex05_relu.py", "homework.toml", "answers.toml"])
def test_submit_does_not_overwrite_the_homework(name, run, solve, started):
    solve("relu")
    before = (started / name).read_text()
    result = run("submit", "--no-check", "-o", f"hw/../hw/{name}")
    assert result.exit_code == 2
    assert "part of your homework" in result.stderr
    assert (started / name).read_text() == before


def test_a_bug_in_the_grader_has_its_own_exit_code(run, solve, monkeypatch):
    solve("relu")

    def fail(*_, **__):
        raise ZeroDivisionError("a mistake in a check")

    monkeypatch.setattr("keras_cnn_course.homework.student.checking.judge_exercise", fail)
    result = run("check", "relu")
    assert result.exit_code == 3
    assert "ZeroDivisionError: a mistake in a check" in result.stderr


def test_a_check_is_quick_and_starts_no_tensorflow(solve, tmp_path):
    solve("convolution")
    code = (
        "import resource, sys\nfrom keras_cnn_course.cli import kcnn\n"
        "kcnn.main(['homework', 'check', 'convolution'], standalone_mode=False)\n"
        "used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]\n"
        "print(sum(each.ru_utime + each.ru_stime for each in used))\n"
        "print({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    *_, seconds, modules = done.stdout.splitlines()
    assert modules == "set()"
    # Of the processor, the sandboxes' part included: by the clock a busy machine would take longer.
    assert float(seconds) < 1


def test_watching_checks_again_when_a_file_is_saved(solve, tmp_path, started):
    solve(relu="relu = 1")
    # Ctrl-C is heard even where these tests run in the background of a shell, which has it ignored.
    code = "import signal, keras_cnn_course.cli as cli; signal.signal(2, signal.default_int_handler); cli.main()"
    command = [sys.executable, "-c", code, "homework", "check", "relu", "--watch"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env=environment
    ) as watching:
        try:
            assert "x relu" in read_until(watching, "Watching")
            identity = (started / "homework.toml").read_text()
            (started / "homework.toml").write_text('student = "a b"\n')
            solve(relu="relu = 2")
            assert "Error: A student id must" in read_until(watching, "Watching")
            (started / "homework.toml").write_text(identity)
            solve("relu")
            assert "ok relu" in read_until(watching, "Watching")
            watching.send_signal(2)
            assert watching.wait(timeout=20) == 0
        finally:
            watching.kill()


def read_until(process, words):
    """Return what a process prints up to a line with these words."""
    shown, end = "", time.monotonic() + 30
    while words not in shown:
        assert time.monotonic() < end
        shown += process.stdout.readline()
    return shown


def test_an_id_that_is_only_the_login_name_is_said_and_marked(run, tmp_path, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "lab-pc-7")
    result = run("start")
    assert "Your student id is your login name, lab-pc-7, because you gave none" in result.stderr
    assert 'id_from = "login"' in (tmp_path / "hw" / "homework.toml").read_text()
    (tmp_path / "secret").write_text("0123456789abcdef")
    marks = run("grade", "hw", "--secret", "secret", "--only", "relu").stdout
    assert "The id lab-pc-7 is a login name: find out whose submission this is by its path." in marks
    assert run("upgrade").exit_code == 0
    assert 'id_from = "login"' in (tmp_path / "hw" / "homework.toml").read_text()


def test_a_login_name_that_cannot_be_an_id_is_refused_with_the_option_to_give_one(run, tmp_path, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "Ada Lovelace")
    result = run("start")
    assert result.exit_code == 1
    says = "Your login name 'Ada Lovelace' cannot be a student id. Give yours: kcnn homework start --student ID"
    assert says in result.stderr
    assert not (tmp_path / "hw").exists()


def test_an_id_that_was_given_is_not_marked(run, tmp_path):
    result = run("start", "--student", "ada")
    assert result.stderr == ""
    assert "id_from" not in (tmp_path / "hw" / "homework.toml").read_text()
