"""`--exercises` with the homework commands: start, check, hand in and grade an instructor's own exercise."""

import csv
import io
import json
import zipfile

import pytest

from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.sandbox.confinement import find_isolation

SECRET = "0123456789abcdef"
NEEDS_LANDLOCK = pytest.mark.skipif(find_isolation().level != "landlock", reason="files are not protected here")


@pytest.fixture
def own(run, tmp_path):
    """A folder with one new exercise, `stretch`."""
    created = run("new", "stretch")
    assert created.exit_code == 0
    assert "exercises/ex16_stretch" in created.stdout
    (tmp_path / "secret.txt").write_text(SECRET)
    return tmp_path / "exercises"


@pytest.fixture
def ada(run, own, tmp_path):
    """A homework folder that was started with it."""
    assert run("start", "--student", "ada", "--exercises", own).exit_code == 0
    return tmp_path / "hw"


def grade(run, own, *options):
    result = run("grade", "hw", "--secret", "secret.txt", "--only", "stretch", "--exercises", own, *options)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_from_the_start_to_the_mark(run, own, ada, tmp_path):
    assert (ada / "ex16_stretch.py").read_text() == (own / "ex16_stretch" / "starter.py").read_text()
    assert "first make the smallest number 0" in run("hint", "16", "--exercises", own).stdout.lower()
    solution = (own / "ex16_stretch" / "solution.py").read_text()
    (ada / "ex16_stretch.py").write_text(solution.replace(" - values.min()", ""))
    checked = run("check", "stretch", "--exercises", own)
    assert checked.exit_code == 1
    assert "the smallest one does not become 0" in checked.stdout
    (ada / "ex16_stretch.py").write_text(solution)
    assert run("check", "stretch", f"--exercises={own}").exit_code == 0
    assert "ex16_stretch" not in run("list").stdout
    assert "16 stretch" in run("--exercises", own, "list").stdout
    assert run("submit", "--exercises", own).exit_code == 0
    assert "ex16_stretch.py" in zipfile.ZipFile(tmp_path / "hw.zip").namelist()
    (row,) = csv.DictReader(io.StringIO(grade(run, own).lstrip("\ufeff")))
    assert (row["student"], float(row["stretch"])) == ("ada", 5.0)
    assert [exercise.name for exercise in list_exercises()][-1] == "calibration"


def test_work_on_own_exercises_is_neither_lost_nor_passed_over_in_silence(run, own, ada, tmp_path):
    (ada / "ex16_stretch.py").write_text("mine = 1")
    for words in (["submit", "--no-check"], ["check"], ["list"]):
        says = run(*words).stderr
        assert "ex16_stretch.py. Exercises that your instructor wrote need --exercises DIR." in says
        assert "ex16_stretch.py" not in run(*words, "--exercises", own).stderr
    (ada / ".kcnn" / "state.json").unlink()
    run("submit", "--no-check", "-o", "again.zip")
    for name in ("hw.zip", "again.zip"):
        assert zipfile.ZipFile(tmp_path / name).read("ex16_stretch.py") == b"mine = 1"


def test_a_folder_of_own_exercises_only_is_not_called_empty(run, own):
    run("start", "--student", "ada", "--only", "stretch", "--exercises", own)
    assert "You have not started" not in run("check").stdout
    assert "Not checked: ex16_stretch.py." in run("check").stderr


@pytest.mark.parametrize("only", [[], ["--only", "stretch"]])
def test_an_upgrade_without_the_own_exercises_is_refused(only, run, own, tmp_path):
    run("start", "--student", "ada", *only, "--exercises", own)
    before = {path: path.read_bytes() for path in (tmp_path / "hw").rglob("*.*") if path.is_file()}
    refused = run("upgrade")
    assert refused.exit_code == 1
    assert "not known here: ex16_stretch.py. Name the folder with your instructor's exercises" in refused.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert "is up to date" in run("upgrade", "--exercises", own).stdout


def test_the_variable_is_as_good_as_the_option(run, own, monkeypatch):
    reminder = f"Set the environment variable KCNN_EXERCISES to {own}, so that"
    assert reminder in run("start", "one", "--student", "ada", "--exercises", own).stdout
    monkeypatch.setenv("KCNN_EXERCISES", str(own))
    assert "16 stretch" in run("list").stdout
    assert "environment variable" not in run("start", "two", "--student", "ada").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "--exercises"], "--exercises needs the folder of your exercises: --exercises DIR"),
        (["list", "--exercises", "nowhere"], "There is no folder nowhere."),
        (["check", "secret.txt", "--exercises=secret.txt"], "Directory 'secret.txt' is a file"),
        (["new", "stretch"], "There is already an exercise named stretch."),
    ],
)
def test_wrong_use_is_explained(words, message, run, own):
    refused = run(*words)
    assert refused.exit_code == 2
    assert message in refused.stderr


def test_verify_proves_them(run, own):
    proven = run("verify", "--exercises", own)
    assert proven.exit_code == 0
    assert [line.split()[0] for line in proven.stdout.splitlines()] == ["exercise", "stretch", "all"]
    (own / "ex16_stretch" / "mutants.py").write_text("MUTANTS = ()")
    (own.parent / "copy").mkdir()
    own.rename(own.parent / "copy" / "exercises")  # a folder of another name is imported again
    found = run("verify", "--exercises", own.parent / "copy" / "exercises")
    assert found.exit_code == 1
    assert "mutants.py has no mutant" in found.stderr


def test_a_failing_check_is_not_called_a_bug_of_the_grader(run, own, ada):
    checks = own / "ex16_stretch" / "checks.py"
    checks.write_text(checks.read_text().replace("return (values - values.min())", "return 1 / 0 + (values)"))
    failed = run("verify", "--exercises", own)
    assert failed.exit_code == 3
    assert "The exercise itself failed in line " in failed.stderr
    assert "ZeroDivisionError" in failed.stderr
    assert "bug in kcnn" not in failed.stderr


@NEEDS_LANDLOCK
def test_a_submission_cannot_read_the_folder(run, own, ada):
    """It finds the reference of the checks by its path, and would pass with it."""
    attack = f"""
import numpy as np

def stretch(values):
    import io
    text = io.open({str(own / "ex16_stretch" / "solution.py")!r}).read()
    space = {{}}
    exec(text, space)
    return space["stretch"](values)
"""
    (ada / "ex16_stretch.py").write_text(attack)
    (submission,) = json.loads(grade(run, own, "--format", "json"))["submissions"]
    assert submission["score"] == 0
    assert "PermissionError" in json.dumps(submission)


def test_the_autograder_brings_them(run, own, tmp_path):
    assert run("pack", "--secret", "secret.txt", "--exercises", own).exit_code == 0
    archive = zipfile.ZipFile(tmp_path / "autograder.zip")
    assert archive.read("exercises/ex16_stretch/checks.py") == (own / "ex16_stretch" / "checks.py").read_bytes()
    script = archive.read("run_autograder").decode()
    assert script.endswith('--out "$root/results/results.json" --exercises "$root/source/exercises"\n')
    assert 'root="${AUTOGRADER_ROOT:-/autograder}"' in script
