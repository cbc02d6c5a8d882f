"""Running calls on many machines: as tasks of a Ray cluster, or of a Ray instance started on this machine."""

import importlib.util
import io
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import redirect_stderr
from types import TracebackType
from typing import Any, Self

from keras_cnn_course.devices.backend import available_cores
from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.files.values import Rule, check_value
from keras_cnn_course.sweeps.local import CallStopped

__all__ = ["RayExecutor"]

_ADDRESS = Rule(
    "local, auto, or HOST:PORT of a cluster's head node",
    lambda address: isinstance(address, str) and bool(re.fullmatch(r"local|auto|[\w.-]+:\d{1,5}", address)),
)
_RETRIES = 3
_CONNECT_SECONDS = 5.0
# Where the data are and how TensorFlow computes has to be the same on every node.
_PASSED_ON = ("KCNN_DATA_HOME", "KERAS_HOME", "KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS")
_OBJECT_STORE_BYTES = 80 * 2**20  # the smallest that Ray allows; the results are in the run folders


class RayExecutor:
    """Runs calls as Ray tasks, as many at a time as the cluster has cores (and GPUs) for.

    Each call has its own process. It is made again, up to three times, if its process or its node is lost, or if
    anything but `stop` has stopped it, such as the end of a node.

    Args:
        address: `local` starts a Ray instance on this machine and ends it afterwards, `auto` finds the cluster that
            this machine belongs to, and `HOST:PORT` names the head node of a cluster.
        cpus: number of cores per call.
        gpus: number of GPUs per call; Ray hides the others from it.

    Raises:
        TrainingError: Ray is not installed.
        UsageError: the address is not valid.
    """

    def __init__(self, address: str, *, cpus: int, gpus: int = 0) -> None:
        check_value("`ray=`", address, _ADDRESS, kind=UsageError)
        if importlib.util.find_spec("ray") is None:
            raise TrainingError(
                "`ray=` needs the package ray, which is not installed. Run: pip install 'keras-cnn-course[cluster]'"
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
        """Return in a few words how many calls run at a time."""
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
        """Call a function of a module as soon as a node has room."""
        reference = self._task.remote(function, *arguments)
        self._references.append(reference)
        future: Future[Any] = Future()
        reference.future().add_done_callback(lambda done: _pass_on(done, future))
        return future

    def stop(self) -> None:
        """Begin no more calls, and interrupt the running ones."""
        import ray

        for reference in self._references:
            ray.cancel(reference)

    def _connect(self) -> None:
        """Connect to the cluster, or start a Ray instance."""
        import ray

        # Ray reports usage statistics unless this is 0. A running cluster decided that when it was started.
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
                f"Cannot connect to Ray with `ray={self.address!r}`: {reason} "
                "If the cluster requires a token, set RAY_AUTH_MODE=token here too."
            ) from error

    def _disconnect(self) -> None:
        import ray

        ray.shutdown()
        signal.signal(signal.SIGTERM, self._handler)  # Ray has installed its own

    def _check_room(self, nodes: list[dict[str, Any]]) -> None:
        """Check that a node can run a call at all, because Ray would wait forever for one."""
        for name, needed, wish in (("CPU", self.cpus, f"threads={self.cpus}"), ("GPU", self.gpus, "device='gpu'")):
            most = max((int(node["Resources"].get(name, 0)) for node in nodes if node["Alive"]), default=0)
            if needed > most:
                raise UsageError(
                    f"No node of the Ray cluster has {needed} {name}{'' if needed == 1 else 's'}, as `{wish}` needs; "
                    f"the most is {most}."
                )


def _call(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """Return what a function returns, and what it wrote to stderr on its machine, such as warnings."""
    with redirect_stderr(io.StringIO()) as written:
        result = function(*arguments)
    return result, written.getvalue()


def _pass_on(done: "Future[Any]", future: "Future[Any]") -> None:
    """Settle a future as Ray settled its own, with the error of the call itself instead of Ray's wrapper.

    What a call wrote to stderr is shown here, unless it failed.
    """
    from ray.exceptions import TaskCancelledError

    error = done.exception()
    if isinstance(error, TaskCancelledError):
        future.cancel()
        future.set_running_or_notify_cancel()
    elif error is not None:
        future.set_exception(getattr(error, "cause", None) or error)
    else:
        result, written = done.result()
        sys.stderr.write(written)
        future.set_result(result)


def _check_reachable(address: str) -> None:
    """Check that something listens at HOST:PORT, because Ray would try for more than a minute."""
    host, colon, port = address.rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise TrainingError(
            f"Cannot reach the head node of a Ray cluster at {address}: {error}. Start one with: ray start --head"
        ) from error
