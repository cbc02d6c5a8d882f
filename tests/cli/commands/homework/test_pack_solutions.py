"""`kcnn homework pack --instructor`."""

import zipfile

from keras_cnn_course.homework.authoring.exercise import list_exercises


def test_the_solutions_of_every_exercise_are_packed_without_a_secret(run, tmp_path):
    result = run("pack", "--instructor")
    assert f"{len(list_exercises())} exercises" in result.stdout
    with zipfile.ZipFile(tmp_path / "solutions.zip") as archive:
        names = archive.namelist()
        solution = archive.read("ex05_relu/solution.py").decode()
        mistakes = archive.read("ex05_relu/mistakes.txt").decode()
    assert len([name for name in names if name.endswith("/solution.py")]) == len(list_exercises())
    assert "ex01_convolution/accepted/einsum.py" in names
    assert "def relu" in solution
    assert "in place" in mistakes


def test_one_exercise_can_be_packed(run, tmp_path):
    run("pack", "--instructor", "--only", "relu", "-o", "relu.zip")
    with zipfile.ZipFile(tmp_path / "relu.zip") as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"README.txt", "ex05_relu"}


def test_solutions_and_secret_exclude_each_other(run, tmp_path):
    (tmp_path / "secret.txt").write_text("s" * 32)
    result = run("pack", "--instructor", "--secret", "secret.txt")
    assert result.exit_code == 2
    assert "need no --secret" in result.stderr
    assert not list(tmp_path.glob("*.zip"))
