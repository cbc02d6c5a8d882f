"""Every bad input of docs/errors.md: the command ends with its exit code and one message, and nothing was executed."""

import resource
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn

BAD_INPUTS = runpy.run_path(str(Path(__file__).with_name("bad_inputs.py")))


@pytest.mark.parametrize("case", BAD_INPUTS["CASES"], ids=lambda case: case.what.replace(" ", "-"))
def test_a_bad_input_is_explained(case, started, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = BAD_INPUTS["run"](case)
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    message = BAD_INPUTS["message_of"](result)
    assert case.fragment in message, result.output
    assert result.exit_code == case.exit_code
    assert len(message.splitlines()) == 1
    assert result.stdout == ""
    assert not list(tmp_path.rglob(BAD_INPUTS["EXECUTED"]))


def test_what_should_leave_a_trace_would(tmp_path, monkeypatch):
    """The check that nothing was executed can fail."""
    import pickle

    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(BAD_INPUTS["Bomb"]()))
    assert (tmp_path / BAD_INPUTS["EXECUTED"]).exists()


def test_memory_stays_bounded(started, tmp_path, monkeypatch):
    """The worst of them, one after the other: what the process took at most grows by less than 300 MB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = ("claim", "bomb", "10^9", "fill the memory", "8 GiB", "3,600 million", "1000 to 1")
    cases = [case for case in BAD_INPUTS["CASES"] if any(word in case.what for word in large)]
    assert len(cases) >= 9
    for number, case in enumerate(cases):
        (tmp_path / str(number)).mkdir()
        monkeypatch.chdir(tmp_path / str(number))
        assert BAD_INPUTS["run"](case).exit_code == case.exit_code
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_kernels_of_another_shape_are_explained(trained_run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(trained_run.path, copy)
    np.savez(copy / "initial_kernels.npz", conv_1=np.zeros((2, 5, 3, 2), np.float32))
    result = CliRunner().invoke(kcnn, ["filters", str(copy)])
    assert result.exit_code == 1
    assert "kernels of shape (2, 5, 3, 2), but those of the model have shape (3, 3, 1, 4)" in result.stderr


def test_a_run_stays_readable_where_it_is_copied(trained_run, tmp_path):
    """What is refused is what leads out of a run, not a run that was moved."""
    shutil.copytree(trained_run.path, tmp_path / "run with a space")
    shutil.copytree(trained_run.path, tmp_path / "another")
    (tmp_path / "link").symlink_to("run with a space")
    result = CliRunner().invoke(kcnn, ["compare", str(tmp_path / "link"), str(tmp_path / "link" / ".." / "another")])
    assert result.exit_code == 0, result.output
