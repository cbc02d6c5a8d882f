import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.grading.archives import build_wheel, write_archive, write_autograder


def test_an_archive_is_the_same_each_time(tmp_path):
    for name in ("a.zip", "b.zip"):
        write_archive(tmp_path / name, {"one": "1", "two": b"2"}, executable=("two",))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}
    assert modes == {"one": "0o100644", "two": "0o100755"}


def test_an_archive_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HomeworkError, match="Choose another --out"):
        write_archive(tmp_path / "file" / "a.zip", {})


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """This package, installed from the wheel that the autograder brings, in a folder of its own."""
    place = tmp_path_factory.mktemp("wheel")
    name, content = build_wheel()
    (place / name).write_bytes(content)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*command, str(place / "site"), str(place / name)], check=True)
    return place / "site"


def test_the_wheel_installs_and_grades(installed, tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        "import keras_cnn_course, keras_cnn_course.cli\n"
        f"assert keras_cnn_course.__file__.startswith({str(installed)!r})\n"
        "from keras_cnn_course.catalog.recipes import recipe_names\n"
        "from keras_cnn_course.datasets.digits import load_digits\n"
        "from keras_cnn_course.homework.authoring.exercise import list_exercises\n"
        "from keras_cnn_course.homework.grading.proof import prove_exercise\n"
        "from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes\n"
        "assert len(recipe_names()) >= 6 and len(load_digits().x_test) == 360 and len(list_exercises()) == 15\n"
        "assert all(len(exercise.accepted) >= 2 for exercise in list_exercises())\n"
        "with Sandboxes() as sandboxes:\n"
        "    assert not prove_exercise(list_exercises()[4], sandboxes).surprises\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name != "posix", reason="Gradescope's autograders are Linux programs")
def test_the_autograder_writes_results_as_gradescope_runs_it(tmp_path, hw):
    """Unpacked and run as Gradescope does; the environment that setup.sh would make is the one of this test."""
    from keras_cnn_course.homework.authoring.exercise import find_exercise

    write_autograder(tmp_path / "autograder.zip", b"a secret of the class")
    source = tmp_path / "autograder" / "source"
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        archive.extractall(source)
        assert {entry.filename for entry in archive.infolist()} >= {"setup.sh", "run_autograder", "secret"}
    relu = find_exercise("relu")
    (hw / relu.file).write_text(relu.read("solution.py"))
    (tmp_path / "autograder" / "submission").symlink_to(hw)
    (source / "venv" / "bin").mkdir(parents=True)
    (source / "venv" / "bin" / "kcnn").symlink_to(Path(sys.executable).with_name("kcnn"))
    environment = {**os.environ, "AUTOGRADER_ROOT": str(tmp_path / "autograder")}
    for script in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", str(source / script)], check=True)
    subprocess.run(["bash", str(source / "run_autograder")], check=True, env=environment, capture_output=True)
    values = json.loads((tmp_path / "autograder" / "results" / "results.json").read_text())
    assert values["score"] == 4.0
    assert len(values["tests"]) == 30
