import doctest

import pytest

from keras_cnn_course import atomic
from keras_cnn_course.atomic import atomic_file, atomic_folder


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
