import os
import re

import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.files.foreign import check_entries, read_bounded

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")


def test_a_file_of_the_largest_size_is_read(tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(b"12345")
    assert read_bounded(path, limit=5) == b"12345"
    with pytest.raises(RunError, match=r"run\.json is too large: it has 5 bytes, and at most 4 are allowed"):
        read_bounded(path, limit=4)


def test_a_file_that_is_missing_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "run.json", limit=5)


def make_link(path):
    path.with_name("file").write_text("1")
    path.symlink_to(path.with_name("file"))


@needs_posix
@pytest.mark.parametrize(
    ("make", "received"),
    [(make_link, "a link"), (os.mkdir, "a folder"), (os.mkfifo, "a pipe or a device")],
    ids=["link", "folder", "pipe"],
)
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, make, received):
    path = tmp_path / "answers.toml"
    make(path)
    with pytest.raises(RunError, match=f"{re.escape(str(path))} is {received}, not a plain file"):
        read_bounded(path, limit=5)


@needs_posix
def test_a_file_that_becomes_a_link_after_it_was_checked_is_refused(tmp_path, monkeypatch):
    make_link(tmp_path / "answers.toml")
    monkeypatch.setattr("pathlib.Path.is_symlink", lambda _: False)
    with pytest.raises(OSError, match=r"answers\.toml"):
        read_bounded(tmp_path / "answers.toml", limit=5)


@needs_posix
def test_a_folder_may_hold_files_and_folders_only(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("1")
    check_entries(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunError, match="pipe is a pipe or a device"):
        check_entries(tmp_path)
    (tmp_path / "pipe").unlink()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(RunError, match="link is a link"):
        check_entries(tmp_path)
