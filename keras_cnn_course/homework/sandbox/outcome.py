"""What came back from a worker, read as if an enemy had written it: for student code could have."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.homework.sandbox.array_stream import decode_text, read_arrays
from keras_cnn_course.homework.sandbox.server import Ending

__all__ = ["LONGEST_PRINTED", "CallOutcome", "Failure", "Outcome", "printable", "read_outcome"]

LONGEST_PRINTED = 4000
"""Bytes of what student code printed that come back."""

_LONGEST_TEXT = 500
_LONGEST_REPORT = 1 << 16
# A call has a report, and what was returned; of a Keras model that is each of its weights.
_MOST_ARRAYS = 100
_NOT_READABLE = (ValueError, RecursionError)


@dataclass(frozen=True)
class Failure:
    """What student code raised, and the line of the student's own file that it came from.

    Args:
        type: of the exception.
        message: its text.
        file: name of the file; empty where no line of the student's was involved.
        line: number of the line, or 0.
        code: the line itself.
    """

    type: str
    message: str
    file: str = ""
    line: int = 0
    code: str = ""


@dataclass(frozen=True, eq=False)
class CallOutcome:
    """What became of one call.

    Args:
        status: `returned`, `raised`, `missing` (there is no such function), `not numbers`, or `not run` (the worker
            had ended before).
        arrays: what was returned, and after it the arguments where they were asked for.
        type: of the value that was returned.
        detail: why a value is no array of numbers.
        failure: what was raised.
    """

    status: str
    arrays: tuple[np.ndarray, ...] = ()
    type: str = ""
    detail: str = ""
    failure: Failure | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a job.

    Args:
        loaded: whether the student's file could be imported.
        failure: why it could not.
        calls: one for each that was asked for.
        printed: the beginning of what student code printed.
        ending: how the worker ended.
        printed_more: whether that beginning is not all of it.
    """

    loaded: bool
    failure: Failure | None
    calls: tuple[CallOutcome, ...]
    printed: str
    ending: Ending
    printed_more: bool = False


def read_outcome(reply: bytes, printed: bytes, ending: Ending, *, calls: int) -> Outcome:
    """Return what a reply says of so many calls; what cannot be understood counts as not written.

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
    text = printable(printed.decode("utf-8", "replace"), lines=True)
    failure = _read_failure(head.get("failure"))
    return Outcome(bool(head.get("loaded")), failure, tuple(outcomes), text, ending, len(printed) >= LONGEST_PRINTED)


def printable(text: str, *, lines: bool = False) -> str:
    """Return a stranger's text so that a terminal shows it and does not obey it.

    >>> printable("red \\x1b[31m and \\u202e back")
    'red ?[31m and ? back'
    """
    return "".join(character if character.isprintable() or (lines and character == "\n") else "?" for character in text)


def _read_call(report: dict[str, Any], arrays: list[np.ndarray]) -> CallOutcome:
    """Return one call's outcome from its report."""
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
    """Return a JSON object from an array of bytes; an empty one where it is none."""
    try:
        is_text = array.dtype == np.uint8 and array.size <= _LONGEST_REPORT
        value = json.loads(decode_text(array)) if is_text else {}
    except _NOT_READABLE:
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return printable(value)[:_LONGEST_TEXT] if isinstance(value, str) else ""
