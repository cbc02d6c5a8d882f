"""A disk that fails: every flush, rename and opening in turn, a full disk, a disk that becomes read-only.

The error is clear, what was complete can be read, and once there is room again the run ends as if nothing had happened.
"""

import errno
import os
import random
import re
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.runs.directory import RunDirectory

FAULTS = int(os.environ.get("KCNN_WRITE_FAULTS", "2"))
SEED = int(os.environ.get("KCNN_FAULT_SEED", "0"))
CALLS = ("fsync", "replace", "rename", "open", "remove", "unlink")


class FailingDisk:
    """Counts the calls that change a folder and lets the n-th of them fail as a full disk does.

    With `read_only` it and all that follow fail, as on a disk that was remounted because of its errors.
    """

    def __init__(self, folder, fail_at=None, *, read_only=False):
        self.folder, self.fail_at, self.read_only, self.calls, self.names = str(folder), fail_at, read_only, 0, {}

    def __enter__(self):
        self.originals = {name: getattr(os, name) for name in CALLS}
        for name, original in self.originals.items():
            setattr(os, name, self.wrap(name, original))
        return self

    def __exit__(self, *_):
        for name, original in self.originals.items():
            setattr(os, name, original)

    def wrap(self, name, original):
        def call(target, *arguments, **options):
            if self.concerns(name, target, arguments):
                self.calls += 1
                self.fail_where_due(target)
            result = original(target, *arguments, **options)
            if name == "open":
                self.names[result] = os.fspath(target)
            return result

        return call

    def fail_where_due(self, target):
        if self.fail_at is None or self.calls < self.fail_at:
            return
        if self.read_only:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(target))
        if self.calls == self.fail_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    def concerns(self, name, target, arguments):
        if name == "open" and not (arguments and arguments[0] & (os.O_WRONLY | os.O_RDWR)):
            return False
        where = self.names.get(target, "") if isinstance(target, int) else os.fspath(target)
        return self.folder in str(where)


def train(commands, path, *arguments):
    arguments = arguments or tuple(commands.train(path))
    return CliRunner().invoke(kcnn, list(arguments))


@pytest.fixture(scope="module")
def changes(started, commands):
    """How many calls of a training can fail."""
    path = commands.folder / "counted"
    with FailingDisk(path) as disk:
        result = train(commands, path)
    assert result.exit_code == 0, result.output
    return disk.calls


def moments(count, seed):
    """Return which of so many calls fail: all of them, or a few that are always the same."""
    return random.Random(seed).sample(range(1, count + 1), min(FAULTS, count))


def assert_explained(result, path):
    assert result.exit_code == 1, result.output
    assert re.search(r"Cannot (write|create the run folder) \S+: ", result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.slow
def test_every_write_may_fail(commands, changes, reference, check_survived, tmp_path):
    assert changes > 80
    for number, moment in enumerate(moments(changes, SEED)):
        path = tmp_path / f"run-{number}"
        with FailingDisk(path, fail_at=moment):
            result = train(commands, path)
        assert_explained(result, path)
        check_survived(path)


@pytest.fixture
def small_disk(tmp_path):
    """Return a function that makes a file system of so many kilobytes; it needs root and Linux."""
    mounted = []

    def mount(kilobytes):
        place = tmp_path / f"disk-{len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
        if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("needs Linux and the right to mount a small tmpfs")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [124] if FAULTS < 50 else range(4, 132, 8))
def test_a_full_disk_is_explained_and_survived(started, commands, check_survived, small_disk, tmp_path, kilobytes):
    disk = small_disk(kilobytes)
    result = train(commands, disk / "run")
    assert_explained(result, disk / "run")
    assert "No space left on device" in result.stderr
    if (disk / "run").exists():
        shutil.copytree(disk / "run", tmp_path / "run")
    check_survived(tmp_path / "run")


@pytest.mark.slow
def test_a_disk_that_becomes_read_only_is_explained_and_survived(commands, changes, check_survived, tmp_path):
    path = tmp_path / "run"
    with FailingDisk(path, fail_at=changes // 2, read_only=True):
        assert_explained(train(commands, path), path)
        refused = train(commands, path, *commands.resume(path))
    assert_explained(refused, path)
    assert "Read-only file system" in refused.stderr
    assert RunDirectory.open(path).read_record().status == "running"
    check_survived(path)


def test_a_folder_that_is_removed_meanwhile_is_not_made_anew(started, commands, tmp_path, monkeypatch):
    from keras_cnn_course.training import checkpoint

    write = checkpoint.write

    def remove_after_the_first(*arguments, **options):
        write(*arguments, **options)
        shutil.rmtree(tmp_path / "run")

    monkeypatch.setattr(checkpoint, "write", remove_after_the_first)
    result = train(commands, tmp_path / "run")
    assert_explained(result, tmp_path / "run")
    assert "no longer exists" in result.stderr
    assert not (tmp_path / "run").exists()
