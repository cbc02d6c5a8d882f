"""The engine for many machines: calls as tasks of a Ray cluster, or of a Ray instance started for them here."""

import importlib.util
import os
import re
import signal
import socket
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from keras_cnn_course.devices.backend import available_cores
from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.sweep.executor import CallStopped

__all__ = ["RayExecutor"]

_RETRIES = 3
_CONNECT_SECONDS = 5.0
# What decides here where the data are and how TensorFlow computes has to hold on every node.
_PASSED_ON = ("KCNN_DATA_HOME", "KERAS_HOME", "KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS")
_OBJECT_STORE_BYTES = 80 * 2**20  # Ray's smallest: the results are in the run folders


class RayExecutor:
    """Runs calls as Ray tasks, as many at a time as the cluster has processors (and GPUs) for.

    Each call has a worker process of its own. It is made again, up to three times, where its worker or its node is
    lost, and where something else than `stop` has stopped it, as the end of a node does.

    Args:
        address: `local` starts a Ray instance on this machine and ends it afterwards; `auto` finds the cluster that
            this machine belongs to; `HOST:PORT` is that of its head node.
        cpus: processors that a call takes.
        gpus: GPUs that a call takes; Ray shows it no other.

    Raises:
        TrainingError: Ray is not installed.
        UsageError: the address cannot be one.
    """

    def __init__(self, address: str, *, cpus: int, gpus: int = 0) -> None:
        if importlib.util.find_spec("ray") is None:
            raise TrainingError(
                "Expected ray to be installed. Received none. Run: pip install 'keras-cnn-course[cluster]'"
            )
        if not re.fullmatch(r"local|auto|[\w.-]+:\d{1,5}", address):
            raise UsageError(
                f"Expected --ray alone, --ray auto, or --ray HOST:PORT of a cluster's head node. Received: {address!r}."
            )
        self.address, self.cpus, self.gpus = address, cpus, gpus
        self._references: list[Any] = []

    def __enter__(self) -> Self:
        import ray

        self._handler = signal.getsignal(signal.SIGTERM)
        _check_reachable(self.address)
        self._connect()
        try:
            self._check_room(ray.nodes())
        except UsageError:
            self._disconnect()
            raise
        options: dict[str, Any] = {"num_cpus": self.cpus, "num_gpus": self.gpus, "max_calls": 1}
        self._task = ray.remote(max_retries=_RETRIES, retry_exceptions=[CallStopped], **options)(_call)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect()

    def describe(self) -> str:
        """Return how many run at a time."""
        import ray

        resources = ray.cluster_resources()
        at_once = int(resources.get("CPU", 0)) // self.cpus
        if self.gpus:
            at_once = min(at_once, int(resources.get("GPU", 0)) // self.gpus)
        nodes = sum(node["Alive"] for node in ray.nodes())
        cluster = f"a Ray cluster of {nodes} node{'' if nodes == 1 else 's'}"
        where = "a Ray instance on this machine" if self.address == "local" else cluster
        return f"{at_once} at a time on {where}"

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Have a function of a module called as soon as a node has room."""
        reference = self._task.remote(function, *arguments)
        self._references.append(reference)
        future: Future[Any] = Future()
        reference.future().add_done_callback(lambda done: _pass_on(done, future))
        return future

    def stop(self) -> None:
        """Begin nothing more, and interrupt what runs."""
        import ray

        for reference in self._references:
            ray.cancel(reference)

    def _connect(self) -> None:
        """Connect to the cluster, or start an instance of Ray's own."""
        import ray

        # Ray reports each start to its makers, unless told otherwise; to a running cluster that was said when it began.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        own = {"num_cpus": available_cores(), "include_dashboard": False, "object_store_memory": _OBJECT_STORE_BYTES}
        environment = {"env_vars": {name: os.environ[name] for name in _PASSED_ON if name in os.environ}}
        try:
            ray.init(
                address=self.address,
                runtime_env=environment,
                log_to_driver=False,
                logging_level="ERROR",
                **(own if self.address == "local" else {}),
            )
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            reason = " ".join(str(error).split())
            raise TrainingError(
                f"Expected a Ray cluster for --ray {self.address}. Received: {reason} "
                "Where the cluster asks for a token, set RAY_AUTH_MODE=token here too."
            ) from error

    def _disconnect(self) -> None:
        import ray

        ray.shutdown()
        signal.signal(signal.SIGTERM, self._handler)  # Ray puts its own there

    def _check_room(self, nodes: list[dict[str, Any]]) -> None:
        """Check that a node can run a call at all: Ray would wait for one for ever."""
        for name, needed, option in (("CPU", self.cpus, "--threads"), ("GPU", self.gpus, "--device gpu")):
            most = max((int(node["Resources"].get(name, 0)) for node in nodes if node["Alive"]), default=0)
            if needed > most:
                raise UsageError(
                    f"Expected a node of the Ray cluster with {name} of at least {needed}, for {option}. "
                    f"Received: at most {most}."
                )


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def _pass_on(done: "Future[Any]", future: "Future[Any]") -> None:
    """Settle a future as Ray's has been: what the call raised itself, without Ray's wrapping."""
    from ray.exceptions import TaskCancelledError

    error = done.exception()
    if isinstance(error, TaskCancelledError):
        future.cancel()
        future.set_running_or_notify_cancel()
    elif error is not None:
        future.set_exception(getattr(error, "cause", None) or error)
    else:
        future.set_result(done.result())


def _check_reachable(address: str) -> None:
    """Check that something listens at HOST:PORT: Ray would try for more than a minute."""
    host, colon, port = address.rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise TrainingError(
            f"Expected the head node of a Ray cluster at {address}. Received: {error}. Start one with: ray start --head"
        ) from error
