"""One training in several processes, started as a user starts them: the same command for each worker."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_cnn_course.runs.directory import RunDirectory

TRAIN = ["--recipe", "mlp", "--set", "units=16", "--precision", "float32", "--threads", "1"]
TRAIN += ["--epochs", "3", "--batch-size", "50"]


class Workers:
    """Starts the workers of one training in a folder, and waits for them."""

    def __init__(self, folder, ports):
        self.folder, self.addresses = folder, [f"localhost:{port}" for port in ports]

    def start(self, number, *arguments):
        task = {"type": "worker", "index": number}
        described = {"TF_CONFIG": json.dumps({"cluster": {"worker": self.addresses}, "task": task})}
        return self.run(*arguments, "--strategy", "multiworker", **described)

    def run(self, *arguments, **environment):
        command = [sys.executable, "-m", "keras_cnn_course", "train", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def train(self, *arguments):
        """Start all workers and return the exit code and the output of each."""
        started = [self.start(number, *arguments) for number in range(len(self.addresses))]
        return [end(process) for process in started]


def end(process):
    output, errors = process.communicate(timeout=180)
    return process.returncode, output, errors


def read(folder):
    run = RunDirectory.open(folder)
    weights = np.concatenate([weight.ravel() for weight in run.load_model("final").get_weights()])
    return weights, run.read_metrics(), run.read_record()


@pytest.fixture
def workers(tmp_path, free_ports):
    return Workers(tmp_path, free_ports(2))


@pytest.mark.slow
def test_mirrored_trains_what_one_device_trains(tmp_path):
    workers = Workers(tmp_path, ())
    code, _, errors = end(workers.run(*TRAIN, "--strategy", "mirrored", "--replicas", "2", "--out", "two"))
    assert code == 0, errors
    assert "2 replicas (mirrored)" in errors
    assert end(workers.run(*TRAIN, "--out", "one", "--quiet"))[0] == 0
    (two, metrics, record), (one, expected, _) = read(tmp_path / "two"), read(tmp_path / "one")
    assert np.linalg.norm(two - one) < 1e-4 * np.linalg.norm(one)
    assert metrics["test_accuracy"] == expected["test_accuracy"]
    assert (record.strategy, record.replicas) == ("mirrored", 2)


@pytest.mark.slow
def test_a_worker_that_does_not_come_ends_the_training_before_anything_is_written(workers, tmp_path):
    code, output, errors = end(workers.start(0, *TRAIN, "--worker-timeout", "1"))
    assert code == 1
    assert f"No answer within 1 second from worker 1 at {workers.addresses[1]}" in errors
    assert output == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_two_workers_train_what_one_trains_and_only_the_chief_writes(workers, tmp_path):
    (code, output, errors), (other_code, other_output, other_errors) = workers.train(*TRAIN, "--out", "two")
    assert (code, other_code) == (0, 0), errors + other_errors
    assert "2 replicas in 2 processes (multiworker)" in errors
    assert output.startswith("test accuracy")
    assert (other_output, other_errors) == ("", "Starting TensorFlow ...\n")
    assert [path.name for path in tmp_path.iterdir()] == ["two"]
    assert end(workers.run(*TRAIN, "--out", "one", "--quiet"))[0] == 0
    (two, metrics, record), (one, expected, _) = read(tmp_path / "two"), read(tmp_path / "one")
    assert np.linalg.norm(two - one) < 1e-4 * np.linalg.norm(one)
    assert metrics["test_accuracy"] == expected["test_accuracy"]
    assert (record.strategy, record.replicas, record.status) == ("multiworker", 2, "finished")


def wait_for_epochs(folder, count):
    deadline = time.monotonic() + 120
    history = folder / "history.csv"
    while time.monotonic() < deadline:
        if history.is_file() and len(history.read_text().splitlines()) > count:
            return
        time.sleep(0.1)
    raise AssertionError(f"fewer than {count} epochs in {folder}")


LONG = [*TRAIN, "--epochs", "2000", "--checkpoint-every", "0.2"]


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_a_lost_worker_ends_the_training_and_the_run_goes_on(workers, tmp_path, killed):
    started = [workers.start(number, *LONG, "--out", "run", "--worker-timeout", "20") for number in range(2)]
    wait_for_epochs(tmp_path / "run", 20)
    started[killed].send_signal(signal.SIGKILL)
    code, _, errors = end(started[1 - killed])
    end(started[killed])
    assert code == 1
    assert "did not answer within --worker-timeout" in errors
    for together in (True, False):  # two workers go on, then one alone: the run does not depend on how many there are
        done = len(RunDirectory.open(tmp_path / "run").read_history()["epoch"])
        resume = ["--resume", "run"]
        started = [workers.start(number, *resume) for number in range(2)] if together else [workers.run(*resume)]
        wait_for_epochs(tmp_path / "run", done + 5)
        started[0].send_signal(signal.SIGTERM)
        ended = [end(process) for process in started]
        assert [code for code, _, _ in ended] == [143, 130][: len(ended)], ended
    assert "Resuming with replicas: 2, now 1" in ended[0][2]
    assert np.isfinite(RunDirectory.open(tmp_path / "run").read_history()["loss"]).all()


@pytest.mark.slow
def test_all_workers_stop_when_one_is_asked_to(workers, tmp_path):
    started = [workers.start(number, *LONG, "--out", "run") for number in range(2)]
    wait_for_epochs(tmp_path / "run", 20)
    started[1].send_signal(signal.SIGTERM)
    (code, _, errors), (other_code, _, _) = (end(process) for process in started)
    assert (code, other_code) == (130, 143)
    assert "Resume with: kcnn train --resume run" in errors
    assert RunDirectory.open(tmp_path / "run").read_record().status == "interrupted"
