"""The workers of a training, as TF_CONFIG or SLURM describe them, and whether they can be reached."""

import json
import os
import socket
import time
from typing import Any

from keras_cnn_course.errors import TrainingError, UsageError, reporting_os_errors

__all__ = ["count_workers", "resolve_cluster", "wait_for_workers"]

PROBE_SECONDS = 0.2


def count_workers() -> int:
    """Return the number of workers that TF_CONFIG or SLURM describe; 0 if neither does.

    Raises:
        UsageError: TF_CONFIG or SLURM's variables do not describe them correctly.
    """
    if "TF_CONFIG" in os.environ:
        return len(_read_tf_config()["cluster"]["worker"])
    tasks = os.environ.get("SLURM_STEP_NUM_TASKS", "0") if "SLURM_PROCID" in os.environ else "0"
    if not tasks.isdecimal():
        raise UsageError(f"SLURM_STEP_NUM_TASKS must be the number of tasks of the job step; got {tasks!r}.")
    return int(tasks)


def resolve_cluster(gpus: int) -> Any:
    """Return TensorFlow's description of the workers.

    Args:
        gpus: number of GPUs that this worker sees.

    Raises:
        UsageError: the environment does not describe them, or not correctly.
    """
    import tensorflow as tf

    if not count_workers():
        raise UsageError(
            "`strategy='multiworker'` needs TF_CONFIG in the environment of every worker, or a SLURM job step with one "
            'task per worker. Example: TF_CONFIG=\'{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
            '"task": {"type": "worker", "index": 0}}\''
        )
    if "TF_CONFIG" in os.environ:
        return tf.distribute.cluster_resolver.TFConfigClusterResolver()
    return _resolve_slurm(gpus)


def _resolve_slurm(gpus: int) -> Any:
    """Return TensorFlow's description of the workers of a SLURM job step.

    Raises:
        UsageError: SLURM's variables do not describe them, or not which of them this is.
    """
    import tensorflow as tf

    resolvers = tf.distribute.cluster_resolver
    try:
        # TensorFlow's own numbering of GPUs fails where there are none, so it gets one for every task, and only hosts
        # and ports are used from it. SLURM itself shows each task its own GPUs.
        slurm = resolvers.SlurmClusterResolver(gpus_per_node=count_workers(), gpus_per_task=1, auto_set_gpu=False)
        cluster, worker = slurm.cluster_spec(), slurm.task_id
        if worker is None:
            raise ValueError(f"there is no task number {os.environ['SLURM_PROCID']}")
    except (RuntimeError, ValueError) as error:  # a variable is missing, or has another form
        raise UsageError(
            f"The environment does not describe the tasks of a SLURM job step: {error}. Start the command with srun, "
            "with one task per worker, or set TF_CONFIG."
        ) from error
    accelerators = {"GPU": gpus}
    return resolvers.SimpleClusterResolver(
        cluster, task_type="worker", task_id=worker, num_accelerators=accelerators, rpc_layer="grpc"
    )


def _read_tf_config() -> dict[str, Any]:
    """Return TF_CONFIG after checking it.

    Raises:
        UsageError: it does not describe the workers, or not which of them this is.
    """
    text = os.environ["TF_CONFIG"]
    try:
        config = json.loads(text)
        workers, task = config["cluster"]["worker"], config["task"]
        fits = (
            set(config["cluster"]) == {"worker"}
            and all(isinstance(address, str) and ":" in address for address in workers)
            and len(set(workers)) == len(workers)
            and task["type"] == "worker"
            and task["index"] in range(len(workers))
        )
    except (ValueError, TypeError, KeyError):
        fits = False
    if not fits:
        raise UsageError(
            'TF_CONFIG must look like {"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", '
            f'"index": N}}}}, with every worker once, and this one at place N of the list; got: {text[:200]}'
        )
    return config


def wait_for_workers(addresses: list[str], worker: int, timeout: float) -> None:
    """Wait until every other worker can be reached. TensorFlow itself would wait for a missing one forever.

    Raises:
        TrainingError: a worker cannot be reached in time, or this worker's own port cannot be used.
    """
    missing = {number: _split(address) for number, address in enumerate(addresses) if number != worker}
    deadline = time.monotonic() + timeout
    with _listen(_split(addresses[worker])):
        while missing:
            missing = {number: place for number, place in missing.items() if not _answers(place)}
            if missing and time.monotonic() > deadline:
                named = ", ".join(f"worker {number} at {addresses[number]}" for number in missing)
                limit = f"{timeout:g} second{'' if timeout == 1 else 's'}"
                raise TrainingError(
                    f"No answer within {limit} from {named}. Start every worker with the same command and "
                    "check that its port can be reached, or wait longer with `worker_timeout=`."
                )
            time.sleep(PROBE_SECONDS if missing else 0)


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise UsageError(
            f"The address of a worker must look like host:port, with a port from 1 to 65535; got {address!r}."
        )
    return host, int(port)


def _listen(place: tuple[str, int]) -> socket.socket:
    """Answer at a worker's own port until TensorFlow does."""
    with reporting_os_errors(TrainingError, "use port", str(place[1]), hint="Is this worker already running?"):
        return socket.create_server(("", place[1]), backlog=128)


def _answers(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, timeout=1).close()
    except OSError:
        return False
    return True
