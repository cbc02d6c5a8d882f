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

FAULTS = int(os.environ.get("KCNN_WRITE_FAULTS", "5"))
SEED = int(os.environ.get("KCNN_FAULT_SEED", "0"))
CALLS = ("fsync", "replace", "rename", "open", "remove", "unlink")


class FailingDisk:
    """Counts the calls that change a folder and lets the n-th of them fail as a full disk does."""

    def __init__(self, folder, fail_at=None):
        self.folder, self.fail_at, self.calls, self.names = str(folder), fail_at, 0, {}

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
                if self.calls == self.fail_at:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
            result = original(target, *arguments, **options)
            if name == "open":
                self.names[result] = os.fspath(target)
            return result

        return call

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
    assert re.search(r"Expected to (write|make the run folder) \S+.* Received: ", result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


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


@pytest.mark.parametrize("kilobytes", [8, 64, 128] if FAULTS < 50 else range(4, 148, 8))
def test_a_full_disk_is_explained_and_survived(started, commands, check_survived, small_disk, tmp_path, kilobytes):
    disk = small_disk(kilobytes)
    result = train(commands, disk / "run")
    assert_explained(result, disk / "run")
    assert "No space left on device" in result.stderr
    if (disk / "run").exists():
        shutil.copytree(disk / "run", tmp_path / "run")
    check_survived(tmp_path / "run")


def test_a_disk_that_becomes_read_only_is_explained_and_survived(
    started, commands, check_survived, small_disk, tmp_path, monkeypatch
):
    from keras_cnn_course.training import checkpoint

    disk, write = small_disk(10_000), checkpoint.write

    def remount_after_the_first(*arguments, **options):
        write(*arguments, **options)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

    monkeypatch.setattr(checkpoint, "write", remount_after_the_first)
    result = train(commands, disk / "run")
    assert_explained(result, disk / "run")
    assert "Read-only file system" in result.stderr
    refused = train(commands, disk / "run", *commands.resume(disk / "run"))
    assert_explained(refused, disk / "run")
    shutil.copytree(disk / "run", tmp_path / "run")
    check_survived(tmp_path / "run")


def test_a_folder_that_is_removed_meanwhile_is_not_made_anew(started, commands, tmp_path, monkeypatch):
    from keras_cnn_course.training import checkpoint

    write = checkpoint.write

    def remove_after_the_first(*arguments, **options):
        write(*arguments, **options)
        shutil.rmtree(tmp_path / "run")

    monkeypatch.setattr(checkpoint, "write", remove_after_the_first)
    result = train(commands, tmp_path / "run")
    assert_explained(result, tmp_path / "run")
    assert "it was removed" in result.stderr
    assert not (tmp_path / "run").exists()
