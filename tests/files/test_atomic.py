import doctest
import errno
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.files import atomic
from keras_cnn_course.files.atomic import (
    atomic_file,
    atomic_folder,
    make_folder,
    make_numbered_folder,
    one_writer,
    remove_partial,
)


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


def test_folders_are_numbered_after_the_highest(tmp_path):
    for name in ("cnn-001", "cnn-007", "mlp-009", "cnn-new"):
        (tmp_path / name).mkdir()
    assert make_numbered_folder(tmp_path, "cnn", {"run.json": "{}"}) == tmp_path / "cnn-008"
    assert (tmp_path / "cnn-008" / "run.json").read_text() == "{}"
    assert make_numbered_folder(tmp_path / "new", "cnn", {}) == tmp_path / "new" / "cnn-001"


def test_a_number_that_another_process_took_meanwhile_is_skipped(tmp_path, monkeypatch):
    (tmp_path / "cnn-001").mkdir()
    (tmp_path / "cnn-001" / "run.json").write_text("theirs")
    monkeypatch.setattr("pathlib.Path.iterdir", lambda _: iter(()))  # as it was when this process looked
    assert make_numbered_folder(tmp_path, "cnn", {"run.json": "ours"}).name == "cnn-002"
    assert (tmp_path / "cnn-001" / "run.json").read_text() == "theirs"


def test_an_empty_folder_is_filled_and_its_lock_stays(tmp_path):
    (tmp_path / ".lock").write_text("1\n")
    make_folder(tmp_path, {"one": "1"})
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "one"]


def test_a_folder_with_folders_in_it_is_written_whole(tmp_path):
    with atomic_folder(tmp_path / "export") as temporary:
        (temporary / "variables").mkdir()
        (temporary / "variables" / "data").write_text("1")
    assert (tmp_path / "export" / "variables" / "data").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_an_error_of_the_system_while_a_folder_is_put_in_its_place_leaves_nothing(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    def write():
        with atomic_folder(tmp_path / "export") as temporary:
            (temporary / "part").write_text("whole")
            monkeypatch.setattr("pathlib.Path.rename", refuse)

    with pytest.raises(OSError, match="Read-only"):
        write()
    assert not list(tmp_path.iterdir())


def test_a_lock_without_a_number_is_explained(tmp_path):
    """As in the moment before the number is written."""
    with one_writer(tmp_path):
        (tmp_path / ".lock").write_text("")
        with pytest.raises(RunError, match=r"Another kcnn process \(of unknown number\)"), one_writer(tmp_path):
            pass


@pytest.fixture
def windows(monkeypatch):
    """The module as on Windows, with the locks of this system."""
    fcntl = pytest.importorskip("fcntl", reason="simulates Windows on Linux and macOS")

    def locking(handle, mode, length):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error

    monkeypatch.setattr(atomic, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(atomic, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2), raising=False)


def refuse_to_replace(monkeypatch, times):
    """Refuse to replace files a few times, as Windows does while another program has the old one open."""
    refused, replace = iter(range(times)), os.replace

    def try_to_replace(*paths):
        if next(refused, None) is not None:
            raise PermissionError(errno.EACCES, "Permission denied")
        replace(*paths)

    monkeypatch.setattr("os.replace", try_to_replace)


def test_a_file_that_is_open_for_a_moment_is_replaced_on_windows(windows, monkeypatch, tmp_path):
    (tmp_path / "run.json").write_text("old")
    refuse_to_replace(monkeypatch, 3)
    with atomic_file(tmp_path / "run.json") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "run.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_file_that_must_not_be_replaced_stays_as_it_was(monkeypatch, tmp_path):
    (tmp_path / "run.json").write_text("old")
    refuse_to_replace(monkeypatch, 1)
    with pytest.raises(PermissionError), atomic_file(tmp_path / "run.json") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "run.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_second_writer_is_refused_on_windows(windows, tmp_path):
    with (
        one_writer(tmp_path),
        pytest.raises(RunError, match=rf"PID {os.getpid()}\) is writing"),
        one_writer(tmp_path),
    ):
        pass
    with one_writer(tmp_path):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"
