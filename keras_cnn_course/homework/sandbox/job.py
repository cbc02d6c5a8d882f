"""What a worker is asked to do: which functions of a student's to call, with which arguments, within which limits."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.homework.sandbox.array_stream import encode_text, write_array
from keras_cnn_course.homework.sandbox.confinement import Limits

__all__ = ["Call", "Job"]

_OUTPUT_BYTES = 48 * 2**20
_MEMORY = {"numpy": (2**30, 2 * 2**30), "keras": (3 * 2**30, None)}


@dataclass(frozen=True, eq=False)
class Call:
    """A call of a student's function.

    Args:
        function: its name.
        arguments: arrays, numbers, texts, and tuples of them.
        driver: what calls it, for functions that deal in Keras models; the worker itself where empty.
        echo: whether to return the arrays among the arguments too, as they are after the call.
        kept: what the result will be judged by, where that does not follow from the arguments; it is never sent.
    """

    function: str
    arguments: tuple[Any, ...]
    driver: str = ""
    echo: bool = False
    kept: Any = None


@dataclass(frozen=True, eq=False)
class Job:
    """A request to a worker.

    Args:
        kind: `numpy` or `keras`.
        module: the student's module.
        sources: the texts of this and other modules that it may import, by name.
        calls: what to call, in order.
        seed: of whatever is random in student code.
        seconds: of computing that it may take.
        patience: how many times as long it may take by the clock, since the machine may be busy with others.
    """

    kind: str
    module: str
    sources: Mapping[str, str]
    calls: tuple[Call, ...]
    seed: int = 0
    seconds: int = 10
    patience: float = 3.0

    @property
    def limits(self) -> Limits:
        """What the worker may use."""
        memory, address_space = _MEMORY[self.kind]
        return Limits(
            cpu_seconds=self.seconds,
            wall_seconds=self.patience * self.seconds,
            memory=memory,
            address_space=address_space,
            output=_OUTPUT_BYTES,
        )

    def encode(self) -> bytes:
        """Return the request as `running` reads it."""
        arrays: list[np.ndarray] = []
        calls = [
            {
                "function": call.function,
                "arguments": [_encode_argument(argument, arrays) for argument in call.arguments],
                "driver": call.driver,
                "echo": call.echo,
            }
            for call in self.calls
        ]
        head = {"module": self.module, "modules": dict(self.sources), "calls": calls, "seed": self.seed}
        stream = io.BytesIO()
        for array in (encode_text(json.dumps(head)), *arrays):
            write_array(stream, array)
        return stream.getvalue()


def _encode_argument(argument: Any, arrays: list[np.ndarray]) -> Any:
    """Return an argument as JSON; an array is put aside, and its number stands for it."""
    if isinstance(argument, np.ndarray):
        arrays.append(argument)
        return {"array": len(arrays) - 1}
    if isinstance(argument, tuple):
        return [_encode_argument(item, arrays) for item in argument]
    return argument
