"""Where a training computes: the options that say so, and TensorFlow started as they ask."""

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from keras_cnn_course.cli.options import device_option, strategy_options, threads_option

if TYPE_CHECKING:
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.runs.record import RunRecord

__all__ = ["Hardware", "hardware_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def hardware_options(command: Command) -> Command:
    """Add --device, --threads, --strategy, --replicas and --worker-timeout."""
    return device_option(threads_option("Compute threads.  [default: all cores]")(strategy_options(command)))


@dataclass(frozen=True)
class Hardware:
    """Where to train; None for a device takes that of the run to resume."""

    device: str | None
    threads: int | None
    strategy: str
    replicas: int | None
    worker_timeout: float

    def start(self, record: "RunRecord | None" = None) -> "Backend":
        """Start TensorFlow, for a resumed run with the device and threads of its record unless others were chosen."""
        from keras_cnn_course.devices import backend

        is_new = "tensorflow" not in sys.modules
        started = backend.start(
            device=self.device or (record.device if record else "auto"),
            threads=self.threads or (record.threads if record else None),
            strategy=self.strategy,
            replicas=self.replicas,
            worker_timeout=self.worker_timeout,
        )
        if is_new:
            gc.freeze()  # TensorFlow's modules are no garbage, and Python need not look through them again and again
        return started
