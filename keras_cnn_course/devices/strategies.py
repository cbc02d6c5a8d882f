"""One training on several devices, with one of TensorFlow's strategies.

`mirrored` divides every batch among the GPUs of this machine, or among logical devices of its CPU. `multiworker`
divides it among processes on several machines, described by TF_CONFIG or a SLURM job step. Both are synchronous: all
replicas make the same steps. They are those of one device but for the last digits, and for augmentation, dropout and
BatchNormalization, which depend on the number of replicas.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from keras_cnn_course.devices.workers import count_workers, resolve_cluster, wait_for_workers
from keras_cnn_course.errors import TrainingError, UsageError, unknown_name

__all__ = ["STRATEGIES", "Distribution", "distribute", "reporting_device_errors"]

STRATEGIES = ("none", "mirrored", "multiworker", "auto")


@dataclass(frozen=True)
class Distribution:
    """How one training is distributed.

    Args:
        name: `none`, `mirrored` or `multiworker`.
        strategy: TensorFlow's strategy; None with one replica.
        replicas: number of copies of the model that share each batch.
        worker: number of this process, from 0.
        workers: number of processes that take part.
    """

    name: str = "none"
    strategy: Any = None
    replicas: int = 1
    worker: int = 0
    workers: int = 1

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run folder and shows the progress."""
        return self.worker == 0

    def any_worker(self, answer: bool) -> bool:
        """Return whether the answer is True in any worker. All workers must call this."""
        return float(self._sum(float(answer))) > 0 if self.workers > 1 else answer

    @cached_property
    def _sum(self) -> Callable[[float], Any]:
        """Add one number per worker. It is compiled, because single operations between workers are slow."""
        import tensorflow as tf

        strategy = self.strategy

        @tf.function(autograph=False, input_signature=[tf.TensorSpec((), tf.float32)])
        def add(number: tf.Tensor) -> tf.Tensor:
            return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(lambda: number), axis=None)

        return add


def distribute(name: str, *, replicas: int | None, gpus: int, timeout: float) -> Distribution:
    """Make the strategy of that name, before TensorFlow runs its first operation.

    Args:
        name: one of `STRATEGIES`. `auto` uses the workers that the environment describes, otherwise several GPUs.
        replicas: number of replicas for `mirrored`; all GPUs when None. Without a GPU, the CPU is divided.
        gpus: number of GPUs that TensorFlow sees here.
        timeout: seconds to wait for another worker, at the start and in every step.

    Raises:
        UsageError: the strategy needs devices or workers that do not exist or are not described correctly.
        TrainingError: a worker cannot be reached.
    """
    if name not in STRATEGIES:
        raise unknown_name("strategy", str(name), STRATEGIES)
    if name == "auto":
        name = "multiworker" if count_workers() > 1 else "mirrored" if gpus > 1 else "none"
    if replicas is not None and name != "mirrored":
        raise UsageError(f"`replicas=` needs `strategy='mirrored'`; the strategy is {name}.")
    if name == "mirrored":
        return _mirror(replicas, gpus)
    return _join_workers(gpus, timeout) if name == "multiworker" else Distribution()


@contextmanager
def reporting_device_errors() -> Iterator[None]:
    """Turn TensorFlow's errors about lost workers, oneDNN or too little memory into one for the user.

    Raises:
        TrainingError: a worker is gone or does not answer in time, oneDNN has no way to compute an operation, or the
            memory is too small.
    """
    import tensorflow as tf

    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.DeadlineExceededError, tf.errors.AbortedError) as error:
        if "primitive" in str(error):  # what oneDNN calls an operation
            raise TrainingError(
                "oneDNN cannot compute an operation of this network in this precision on this processor. Use "
                "`precision='float32'`, or set TF_ENABLE_ONEDNN_OPTS=0."
            ) from error
        raise TrainingError(
            f"Another worker is gone, or did not answer within `worker_timeout=` ({type(error).__name__}). "
            "Start all workers again with kcnn train --resume and the run folder."
        ) from error
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingError(
            "The memory of the device is too small for this network and batch. Train with a smaller `batch_size=`, "
            "with smaller images (`image_size=`), or on another `device=`."
        ) from error


def _mirror(replicas: int | None, gpus: int) -> Distribution:
    import tensorflow as tf

    count = replicas or gpus
    if gpus and count > gpus:
        raise UsageError(f"`replicas={count}` needs {count} GPUs, and TensorFlow sees {gpus}. Use `replicas={gpus}`.")
    if count < 2:
        raise UsageError(
            f"`strategy='mirrored'` needs at least 2 devices, and TensorFlow sees {gpus or 'no'} "
            f"GPU{'' if gpus == 1 else 's'}. To divide the CPU into logical devices, add `replicas=2`."
        )
    kind = "GPU" if gpus else "CPU"
    if not gpus:
        processor = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
    strategy = tf.distribute.MirroredStrategy([f"/{kind}:{index}" for index in range(count)])
    return Distribution("mirrored", strategy, count)


def _join_workers(gpus: int, timeout: float) -> Distribution:
    import tensorflow as tf

    resolver = resolve_cluster(gpus)
    addresses, worker = resolver.cluster_spec().as_dict()["worker"], resolver.task_id
    wait_for_workers(addresses, worker, timeout)
    options = tf.distribute.experimental.CommunicationOptions(timeout_seconds=timeout)
    strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
    return Distribution("multiworker", strategy, strategy.num_replicas_in_sync, worker, len(addresses))
