import json
import socket
import threading
import time

import pytest

from keras_cnn_course.devices.workers import count_workers, resolve_cluster, wait_for_workers
from keras_cnn_course.errors import TrainingError, UsageError

TWO = {"cluster": {"worker": ["here:2222", "there:2222"]}, "task": {"type": "worker", "index": 1}}


@pytest.fixture(autouse=True)
def nothing_described(monkeypatch):
    for name in ("TF_CONFIG", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)


def test_tf_config_describes_workers(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps(TWO))
    assert count_workers() == 2
    resolver = resolve_cluster(gpus=0)
    assert resolver.cluster_spec().as_dict() == {"worker": ["here:2222", "there:2222"]}
    assert resolver.task_id == 1


def test_slurm_describes_workers(monkeypatch):
    described = {"PROCID": "2", "STEP_NUM_TASKS": "3", "STEP_NODELIST": "n[1-2]", "STEP_TASKS_PER_NODE": "2,1"}
    for name, value in described.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert count_workers() == 3
    resolver = resolve_cluster(gpus=0)
    assert resolver.cluster_spec().as_dict() == {"worker": ["n1:8888", "n1:8889", "n2:8888"]}
    assert resolver.task_id == 2


@pytest.mark.parametrize("tasks", ["", "two", "-1"])
def test_a_number_of_slurm_tasks_that_is_none_is_refused(monkeypatch, tasks):
    monkeypatch.setenv("SLURM_PROCID", "0")
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", tasks)
    with pytest.raises(UsageError, match=f"SLURM_STEP_NUM_TASKS must be the number of tasks .*; got '{tasks}'"):
        count_workers()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"STEP_NODELIST": None}, "SLURM_STEP_NODELIST not found"),
        ({"PROCID": "first"}, "'first'"),
        ({"PROCID": "3"}, "there is no task number 3"),
        ({"STEP_TASKS_PER_NODE": "many"}, "many"),
    ],
)
def test_a_slurm_step_that_is_not_described_is_refused(monkeypatch, changed, reason):
    described = {"PROCID": "2", "STEP_NUM_TASKS": "3", "STEP_NODELIST": "n[1-2]", "STEP_TASKS_PER_NODE": "2,1"}
    for name, value in (described | changed).items():
        monkeypatch.delenv(f"SLURM_{name}", raising=False)
        if value is not None:
            monkeypatch.setenv(f"SLURM_{name}", value)
    with pytest.raises(UsageError, match=f"does not describe the tasks of a SLURM job step: .*{reason}.* with srun"):
        resolve_cluster(gpus=0)


def test_nothing_describes_workers():
    assert count_workers() == 0
    with pytest.raises(
        UsageError,
        match="`strategy='multiworker'` needs TF_CONFIG in the environment of every worker, or a SLURM job step",
    ):
        resolve_cluster(gpus=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "not JSON",
        "[]",
        json.dumps({**TWO, "task": {"type": "worker", "index": 2}}),
        json.dumps({**TWO, "task": {"type": "worker", "index": -1}}),
        json.dumps({**TWO, "task": {"type": "ps", "index": 0}}),
        json.dumps({**TWO, "cluster": {"worker": ["here", "there"]}}),
        json.dumps({**TWO, "cluster": {"worker": [1, 2]}}),
        json.dumps({**TWO, "cluster": {"worker": ["here:2222", "here:2222"]}}),
        json.dumps({**TWO, "cluster": {"worker": ["here:2222"], "ps": ["there:2222"]}}),
    ],
)
def test_a_tf_config_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UsageError, match="TF_CONFIG must look like"):
        count_workers()


@pytest.mark.slow
def test_workers_find_each_other_in_any_order(free_ports):
    addresses = [f"localhost:{port}" for port in free_ports(3)]
    ends = {}

    def wait(worker):
        time.sleep(0.3 * worker)
        wait_for_workers(addresses, worker, timeout=20)
        with socket.create_server(("", int(addresses[worker].split(":")[1]))):  # as TensorFlow's server does
            ends[worker] = time.monotonic()
            time.sleep(2)

    threads = [threading.Thread(target=wait, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == [0, 1, 2]


def test_a_worker_that_never_comes_is_named(free_ports):
    here, there, missing = (f"localhost:{port}" for port in free_ports(3))
    with (
        socket.create_server(("", int(there.split(":")[1]))),
        pytest.raises(TrainingError, match=rf"No answer within 0.5 seconds from worker 2 at {missing}\."),
    ):
        wait_for_workers([here, there, missing], 0, timeout=0.5)


def test_a_port_that_is_taken_is_named(free_ports):
    (port,) = free_ports(1)
    with (
        socket.create_server(("", port)),
        pytest.raises(TrainingError, match=f"Cannot use port {port}: Address already in use"),
    ):
        wait_for_workers([f"localhost:{port}", "localhost:1"], 0, timeout=1)
