"""A fixed budget of fuzzing, and every input that fuzzing found once."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
REGRESSIONS = sorted(path for path in FOLDER.glob("regressions/*/*") if path.is_file())


@pytest.fixture(scope="module")
def targets():
    """The targets; their folder is on the path only while they are imported."""
    sys.path.insert(0, str(FOLDER))
    try:
        from targets import TARGETS
    finally:
        sys.path.remove(str(FOLDER))
    return TARGETS


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux: the limit on memory is set by /proc")
@pytest.mark.parametrize(
    ("group", "executions"),
    [
        (["idx", "idx-gz", "npz", "run", "metrics", "history"], 500),
        (["image", "model"], 25),  # these take longest to read
        pytest.param(["image", "model"], 250, marks=pytest.mark.slow),
    ],
)
def test_changed_files_never_crash_their_reader(group, executions):
    command = [sys.executable, str(FOLDER / "fuzz.py"), "--executions", str(executions)]
    for name in group:
        command += ["--target", name]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count(f"{executions:,} executions") == len(group)


@pytest.mark.parametrize("found", REGRESSIONS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_is_read_or_refused(found, targets, tmp_path):
    target = targets[found.parent.name]
    path = tmp_path / target.file_name
    path.write_bytes(found.read_bytes())
    with contextlib.suppress(*target.errors):  # and nothing else
        target.read(path)


def test_every_seed_is_valid(targets, tmp_path):
    for target in targets.values():
        for seed in target.seeds:
            (tmp_path / target.file_name).write_bytes(seed)
            target.read(tmp_path / target.file_name)


def test_a_crash_would_be_found(tmp_path):
    """The fuzzer itself: a reader that fails on some inputs is reported with one of them."""
    script = f"""
import sys
sys.path.insert(0, {str(FOLDER)!r})
import fuzz, targets
from keras_cnn_course.errors import RunError

def read(path):
    if b"x" not in path.read_bytes():
        raise KeyError("lost")
    raise RunError("expected")

target = targets.Target((b"x" * 20,), read, "file", (RunError,))
report = fuzz.fuzz(target, seed=0, goes_on=lambda done: done < 300)
assert report.executions == 300, report
((what, content),) = report.findings.items()
assert "KeyError" in what and b"x" not in content, report
"""
    subprocess.run([sys.executable, "-c", script], check=True)
