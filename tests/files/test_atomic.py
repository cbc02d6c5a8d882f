import doctest
import os
import subprocess
import sys

import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.files import atomic
from keras_cnn_course.files.atomic import atomic_file, atomic_folder, make_folder, one_writer, remove_partial


class FailureError(Exception):
    pass


def test_doctests():
    assert doctest.testmod(atomic).failed == 0


def test_a_failing_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")

    def fail_half_way():
        with atomic_file(path) as temporary:
            temporary.write_text("half")
            raise FailureError

    with pytest.raises(FailureError):
        fail_half_way()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_keeps_the_suffix_and_the_usual_mode(tmp_path):
    path = tmp_path / "below" / "curves.png"
    with atomic_file(path) as temporary:
        assert temporary.suffix == ".png"
        temporary.write_bytes(b"1")
    (tmp_path / "other").write_bytes(b"1")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_failing_folder_leaves_nothing(tmp_path):
    def fail_half_way():
        with atomic_folder(tmp_path / "export") as temporary:
            (temporary / "part").write_text("half")
            raise FailureError

    with pytest.raises(FailureError):
        fail_half_way()
    assert not list(tmp_path.iterdir())


def test_a_folder_is_never_replaced(tmp_path):
    (tmp_path / "export").mkdir()

    def write():
        with atomic_folder(tmp_path / "export") as temporary:
            (temporary / "new").write_text("new")

    with pytest.raises(FileExistsError):
        write()
    assert [path.name for path in tmp_path.rglob("*")] == ["export"]


def test_a_folder_that_appears_meanwhile_is_not_replaced(tmp_path):
    def write():
        with atomic_folder(tmp_path / "export") as temporary:
            (temporary / "mine").write_text("mine")
            # As a second process would: after the check of the first, before its rename.
            monkey.setattr("pathlib.Path.exists", lambda _: False)
            (tmp_path / "export").mkdir()
            (tmp_path / "export" / "other").write_text("other")

    with pytest.MonkeyPatch.context() as monkey, pytest.raises(FileExistsError):
        write()
    assert [path.name for path in tmp_path.rglob("*")] == ["export", "other"]


def test_a_folder_is_made_with_its_files_or_not_at_all(tmp_path):
    make_folder(tmp_path / "a" / "b", {"one": "1", "two": "2"})
    assert sorted(path.read_text() for path in (tmp_path / "a" / "b").iterdir()) == ["1", "2"]
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "a" / "b", {"three": "3"})
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file", {"three": "3"})


HOLD = """
import os, sys, time
from pathlib import Path
from keras_cnn_course.files.atomic import one_writer
with one_writer(Path(sys.argv[1])):
    print(os.getpid(), flush=True)
    time.sleep(60)
"""


def test_a_dead_process_holds_no_lock(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    pid = holder.stdout.readline().strip()
    with pytest.raises(RunError, match=rf"PID {pid}\) is writing"), one_writer(tmp_path):
        pass
    holder.kill()
    holder.communicate()
    with one_writer(tmp_path):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="lock"), one_writer(tmp_path / "run"):
        pass
    assert (tmp_path / "precious").read_text() == "kept"


def test_only_partial_files_are_removed(tmp_path):
    (tmp_path / ".partial-export-1").mkdir()
    (tmp_path / ".partial-export-1" / "half").write_text("")
    (tmp_path / ".partial-model-2.keras").write_text("")
    (tmp_path / "model.keras").write_text("")
    remove_partial(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
