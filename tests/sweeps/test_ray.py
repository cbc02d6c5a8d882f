"""The engine for many machines, on a Ray instance of this one."""

import csv
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.sweeps.ray import RayExecutor

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="needs ray: pip install 'keras-cnn-course[cluster]'"
)


@pytest.fixture
def start(tmp_path):
    """A function that starts `kcnn sweep` with small, quick runs of a recipe in a process and a home of their own."""

    def start_sweep(recipe, *words):
        command = [sys.executable, "-m", "keras_cnn_course", "sweep", "--recipe", recipe, "--seeds", "1", *words]
        environment = {**os.environ, "HOME": str(tmp_path), "PYTHONWARNINGS": ""}  # Ray leaves a token in the home
        return subprocess.Popen(
            [*command, "--precision", "float32", "--threads", "1"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start_sweep


def read(path):
    """Return the results of a run, and its weights as bytes."""
    run = RunDirectory.open(path)
    metrics = {name: value for name, value in run.read_metrics().items() if "second" not in name}
    return metrics, [weight.numpy().tobytes() for weight in run.load_model("best").weights]


@needs_ray
@pytest.mark.slow
def test_the_same_trials_give_the_same_results_though_workers_are_lost(started, start, moody, tmp_path):
    """Two units have their worker killed once, three have it stopped once; four fail."""
    sweep = start(moody, "--grid", "units=1,2,3,4", "--ray", "--out", "ray")
    _, progress = sweep.communicate()
    assert sweep.returncode == 1
    assert "1 of 4 runs did not finish. The first is moody-units=4-seed=0" in progress
    rows = list(csv.DictReader((tmp_path / "ray" / "sweep.csv").read_text().splitlines()))
    assert [row["status"] for row in rows] == ["finished", "finished", "finished", "failed"]
    assert rows[3]["error"].endswith("moody.py, line 18: ValueError: four units are too many")
    assert {path.name for path in (tmp_path / "ray" / "recipes").glob("note-*")} == {"note-2", "note-3"}

    local = start(moody, "--grid", "units=1", "--jobs", "2", "--out", "local")
    assert local.communicate()[1] != ""
    assert local.returncode == 0
    expected = read(tmp_path / "local" / "runs" / "moody-units=1-seed=0")
    for units in "123":
        assert read(tmp_path / "ray" / "runs" / f"moody-units={units}-seed=0") == expected


@needs_ray
@pytest.mark.slow
def test_warnings_of_the_trials_are_shown(start):
    words = ("softmax", "--grid", "epochs=1", "--grid", "learning_rate=1e-9", "--quiet")
    shown = []
    for where in ("--jobs=1", "--ray"):
        sweep = start(*words, where)
        output, progress = sweep.communicate()
        assert sweep.returncode == 0, progress
        assert "Warning" not in output
        shown.append([line for line in progress.splitlines() if line.startswith("Warning: ")])
    assert shown[0][0].startswith("Warning: softmax-epochs=1-learning_rate=1e-09-seed=0: After one epoch, ")
    assert shown[1] == shown[0]


@needs_ray
@pytest.mark.slow
def test_a_sweep_on_ray_stops_as_asked_and_goes_on(started, start, tmp_path):
    words = ("softmax", "--grid", "epochs=300", "--out", "ray")
    sweep = start(*words, "--ray")
    history = tmp_path / "ray" / "runs" / "softmax-epochs=300-seed=0" / "history.csv"
    until = time.monotonic() + 60
    while not history.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    sweep.send_signal(signal.SIGTERM)
    assert sweep.communicate()[1].endswith("--ray --precision float32 --threads 1\n")
    assert sweep.returncode == 143
    assert list((history.parent / "checkpoint").iterdir())
    for local in (start(*words), start(*words[:-1], "undisturbed")):
        local.communicate()
        assert local.returncode == 0
    assert len(RunDirectory.open(history.parent).read_record().resumed) == 1
    assert read(history.parent) == read(tmp_path / "undisturbed" / "runs" / history.parent.name)


@needs_ray
@pytest.mark.slow
def test_a_call_that_no_node_has_room_for_is_refused(start, tmp_path):
    sweep = start("softmax", "--ray", "--device", "gpu")
    _, progress = sweep.communicate()
    assert sweep.returncode == 2
    assert "No node of the Ray cluster has 1 GPU, as --device gpu needs; the most is 0." in progress
    assert not (tmp_path / "sweeps").exists()


@needs_ray
def test_no_cluster_is_explained_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(TrainingError, match=f"Cannot reach the head node of a Ray cluster at {re.escape(address)}: "):
        RayExecutor(address, cpus=1).__enter__()


@pytest.mark.parametrize("address", ["", "somewhere", "ray://head:10001", "head:", "head:port", "--json", 5])
def test_an_address_that_cannot_be_one_is_refused(address):
    with pytest.raises(UsageError, match="HOST:PORT"):
        RayExecutor(address, cpus=1)


def test_without_ray_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=r"pip install 'keras-cnn-course\[cluster\]'"):
        RayExecutor("local", cpus=1)
