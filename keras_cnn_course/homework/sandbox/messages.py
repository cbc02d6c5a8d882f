"""The two messages between grader and sandbox: a job, and its outcome.

An outcome is read as if an attacker had written it, because student code could have. `running` describes the format.
"""

import io
import json
import marshal
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_cnn_course.homework.sandbox.array_stream import decode_text, encode_text, read_arrays, write_array
from keras_cnn_course.homework.sandbox.confinement import Limits
from keras_cnn_course.homework.sandbox.server import Ending

__all__ = [
    "LONGEST_PRINTED",
    "Call",
    "CallOutcome",
    "Failure",
    "Job",
    "JobOutcome",
    "StandIn",
    "printable",
    "printable_lines",
    "read_outcome",
]

LONGEST_PRINTED = 4000
"""The number of bytes returned of the text that student code printed."""

_OUTPUT_BYTES = 48 * 2**20
_MEMORY = {"numpy": (2**30, 2 * 2**30), "keras": (3 * 2**30, None)}
_THREADS = {"numpy": 64, "keras": 512}  # TensorFlow starts several per processor
_LONGEST_TEXT = 500
_LONGEST_REPORT = 1 << 16
# A call has a report and its results; for a Keras model these are all its weights.
_MOST_ARRAYS = 100
# Colors and moves of the cursor; titles of the window.
_TERMINAL_COMMAND = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_NOT_READABLE = (ValueError, RecursionError)


@dataclass(frozen=True, eq=False)
class Call:
    """A call of a student's function.

    Args:
        arguments: arrays, numbers, texts, and tuples of them.
        driver: calls functions that take or return Keras models; empty for all others.
        echo: also return the arrays among the arguments, as they are after the call.
        kept: for judging the result, if the arguments are not enough for that; never sent to the sandbox.
    """

    function: str
    arguments: tuple[Any, ...]
    driver: str = ""
    echo: bool = False
    kept: Any = None


@dataclass(frozen=True)
class StandIn:
    """Functions that replace those of the same name in a student's module.

    Args:
        source: text of the module that defines them. The sandbox receives it compiled, because student code could read
            a text.
    """

    source: str
    functions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Job:
    """What a sandbox has to do.

    Args:
        kind: `numpy` or `keras`.
        module: name of the student's module.
        sources: the texts of this module and of those that it may import, by name.
        seed: of all random numbers in student code.
        seconds: of CPU time.
        patience: seconds that it may wait per second of CPU time.
        stand_ins: functions to put into the student's modules after their import, by the module's name.
        libraries: names of those that student code may import; None: no rule, as for code of our own.
    """

    kind: str
    module: str
    sources: Mapping[str, str]
    calls: tuple[Call, ...]
    seed: int = 0
    seconds: int = 10
    patience: float = 3.0
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    libraries: tuple[str, ...] | None = None

    @property
    def limits(self) -> Limits:
        """The limits of its sandbox."""
        memory, address_space = _MEMORY[self.kind]
        return Limits(
            cpu_seconds=self.seconds,
            wall_seconds=self.patience * self.seconds,
            memory=memory,
            address_space=address_space,
            output=_OUTPUT_BYTES,
            threads=_THREADS[self.kind],
        )

    def encode(self) -> bytes:
        """Return the request that `running` reads."""
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
        head = {
            "module": self.module,
            "modules": dict(self.sources),
            "stand_ins": {
                name: {"code": _encode_argument(_compile(stand_in.source), arrays), "functions": stand_in.functions}
                for name, stand_in in self.stand_ins.items()
            },
            "calls": calls,
            "seed": self.seed,
            "libraries": self.libraries,
        }
        stream = io.BytesIO()
        for array in (encode_text(json.dumps(head)), *arrays):
            write_array(stream, array)
        return stream.getvalue()


@dataclass(frozen=True)
class Failure:
    """An exception that student code raised, and the line of the student's own file that it came from.

    Args:
        type: name of the exception's class.
        file: empty if no line of the student's file was involved.
        line: from 1; 0 if unknown.
        code: the text of that line.
    """

    type: str
    message: str
    file: str = ""
    line: int = 0
    code: str = ""


@dataclass(frozen=True, eq=False)
class CallOutcome:
    """The outcome of one call.

    Args:
        status: `returned`, `raised`, `missing` (no such function), `not numbers`, or `not run` (the sandbox ended
            before this call).
        arrays: the result, followed by the arguments if the call asked for an echo.
        type: of the returned value.
        detail: why that value is no array of numbers.
    """

    status: str
    arrays: tuple[np.ndarray, ...] = ()
    type: str = ""
    detail: str = ""
    failure: Failure | None = None


@dataclass(frozen=True, eq=False)
class JobOutcome:
    """The outcome of a job.

    Args:
        loaded: whether the student's file could be imported.
        failure: why it could not.
        calls: one outcome per call of the job.
        printed: the beginning of the text that student code printed.
        printed_more: whether it printed more than that.
    """

    loaded: bool
    failure: Failure | None
    calls: tuple[CallOutcome, ...]
    printed: str
    ending: Ending
    printed_more: bool = False


def read_outcome(reply: bytes, printed: bytes, ending: Ending, *, calls: int) -> JobOutcome:
    """Return the outcome of a job with this number of calls; an unreadable part counts as missing.

    >>> read_outcome(b"forged", b"", Ending("exit", 0, 0.1, 0), calls=1).calls[0].status
    'not run'
    """
    arrays = read_arrays(reply, most=_MOST_ARRAYS * (calls + 1))
    head = _parse(arrays[0]) if arrays else {}
    outcomes: list[CallOutcome] = []
    position = 1
    while position < len(arrays) and len(outcomes) < calls:
        report = _parse(arrays[position])
        count = report.get("arrays")
        if report.get("call") != len(outcomes) or not isinstance(count, int) or count < 0:
            break
        following = arrays[position + 1 : position + 1 + count]
        if len(following) < count:
            break
        outcomes.append(_read_call(report, following))
        position += 1 + count
    outcomes += [CallOutcome("not run")] * (calls - len(outcomes))
    text = printable_lines(printed.decode("utf-8", "replace"))
    failure = _read_failure(head.get("failure"))
    return JobOutcome(bool(head.get("loaded")), failure, tuple(outcomes), text, ending, len(printed) >= LONGEST_PRINTED)


def printable(text: str) -> str:
    """Return a stranger's text with every character that could control a terminal replaced by a question mark.

    >>> printable("red \\x1b[31m and \\u202e back")
    'red ?[31m and ? back'
    """
    return "".join(character if character.isprintable() else "?" for character in text)


def printable_lines(text: str) -> str:
    """Return what a stranger's program printed, as it looks without colors; tabs become spaces.

    >>> printable_lines("\\x1b[1mepoch\\x1b[0m\\tloss\\r\\n1\\t0.5")
    'epoch   loss\\n1       0.5'
    """
    plain = _TERMINAL_COMMAND.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(8)
    return "\n".join(map(printable, plain.split("\n")))


def _compile(source: str) -> np.ndarray:
    """Return a module's code as bytes, without its text, docstrings and comments."""
    code = compile(source, "<reference>", "exec", dont_inherit=True, optimize=2)
    return np.frombuffer(marshal.dumps(code), dtype=np.uint8)


def _encode_argument(argument: Any, arrays: list[np.ndarray]) -> Any:
    """Return an argument as JSON; an array is appended to `arrays` and replaced by its index and its layout."""
    if isinstance(argument, np.ndarray):
        arrays.append(argument)
        return {"array": len(arrays) - 1, "strided": not argument.flags.c_contiguous}
    if isinstance(argument, tuple):
        return [_encode_argument(item, arrays) for item in argument]
    return argument


def _read_call(report: dict[str, Any], arrays: list[np.ndarray]) -> CallOutcome:
    """Return the outcome of one call from its report."""
    status = report.get("status")
    if status == "returned":
        return CallOutcome("returned", tuple(arrays), _text(report.get("type")))
    if status == "raised":
        return CallOutcome("raised", failure=_read_failure(report.get("failure")) or Failure("Exception", ""))
    if status == "not numbers":
        return CallOutcome("not numbers", type=_text(report.get("type")), detail=_text(report.get("detail")))
    return CallOutcome("missing" if status == "missing" else "not run")


def _read_failure(value: object) -> Failure | None:
    if not isinstance(value, dict):
        return None
    line = value.get("line")
    texts = {name: _text(value.get(name)) for name in ("type", "message", "file", "code")}
    return Failure(**texts, line=line if isinstance(line, int) else 0)


def _parse(array: np.ndarray) -> dict[str, Any]:
    """Return the JSON object in an array of bytes; an empty one if there is none."""
    try:
        is_text = array.dtype == np.uint8 and array.size <= _LONGEST_REPORT
        value = json.loads(decode_text(array)) if is_text else {}
    except _NOT_READABLE:
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return printable(value)[:_LONGEST_TEXT] if isinstance(value, str) else ""
