"""Inside a sandbox: load student code, call its functions, and reply with arrays.

This module runs in the same process as student code and knows no expected results. The request and the reply are
streams of arrays (see `array_stream`), with a JSON text before the arrays that it describes:

    request   {"module", "modules": {name: source}, "stand_ins": {name: {"code", "functions"}}, "seed",
              "libraries": [name] or null, "calls": [{"function", "arguments", "driver", "echo"}]},
              then the arrays among the arguments and the marshalled code; the JSON text has {"array": index} for each,
              with "strided": bool for an argument
    reply     {"loaded": {...}}, then for every call {"call": number, "status": ..., "arrays": count} and its arrays
"""

import importlib
import importlib.abc
import importlib.machinery
import io
import json
import linecache
import marshal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from keras_cnn_course.homework.sandbox.array_stream import decode_text, encode_text, read_arrays, write_array
from keras_cnn_course.homework.sandbox.import_rule import find_refusal, guarded_builtins

__all__ = ["REFUSED", "REFUSED_COURSE", "Driver", "run_job"]

REFUSED, REFUSED_COURSE = "use of what is not allowed", "import of the course's own package"
"""Replace the type of an exception if a file may not use something (see `import_rule`)."""

Driver = Callable[[Callable[..., Any], Sequence[Any]], Sequence[Any]]
"""Calls a student's function with arguments and returns the arrays to judge."""

_LARGEST_RESULT = 32 * 2**20
_LONGEST_TEXT, _LONGEST_CODE = 500, 100


@dataclass(frozen=True)
class _Failure:
    """An exception that student code raised, and its place in the student's own file."""

    type: str
    message: str
    file: str
    line: int
    code: str


def run_job(request: bytes, reply: BinaryIO, *, drivers: Mapping[str, Driver], prepare: Callable[[int], None]) -> None:
    """Run a job. The reply is flushed after every call, so that finished calls survive the end of the sandbox.

    Args:
        drivers: functions that call student code, by name.
        prepare: called with the job's seed before student code is loaded, and before each call.
    """
    text, *arrays = read_arrays(request)
    job = json.loads(decode_text(text))
    for stand_in in job["stand_ins"].values():
        stand_in["code"] = arrays[stand_in["code"]["array"]].tobytes()
    sys.meta_path.insert(0, _SourceFinder(job["modules"], job["stand_ins"], job["libraries"]))
    prepare(job["seed"])
    file = _file_name(job["module"])
    module, failure = _load(job["module"], job["modules"], job["libraries"])
    _answer(reply, {"loaded": failure is None, "failure": failure and asdict(failure)})
    if module is None:
        return
    for number, call in enumerate(job["calls"]):
        prepare(job["seed"])
        _answer(reply, *_make_call(module, call, arrays, number=number, drivers=drivers, file=file))


class _SourceFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the student's modules from their texts, without any file, and puts the stand-ins into them."""

    def __init__(
        self,
        sources: Mapping[str, str],
        stand_ins: Mapping[str, Mapping[str, Any]],
        libraries: Sequence[str] | None,
    ) -> None:
        self._sources = sources
        self._stand_ins = stand_ins
        self._builtins = None if libraries is None else guarded_builtins({*libraries, *sources})

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the job."""
        if fullname not in self._sources:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=_file_name(fullname))

    def get_source(self, fullname: str) -> str:
        """Return a module's text."""
        return self._sources[fullname]

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's text under its file name, and provide its lines for tracebacks."""
        name = module.__name__
        source, file = self._sources[name], _file_name(name)
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        module.__file__ = file
        if self._builtins is not None:
            module.__dict__["__builtins__"] = self._builtins
        exec(compile(source, file, "exec"), module.__dict__)
        stand_in = self._stand_ins.get(name)
        if stand_in is not None:
            reference = ModuleType(name)
            exec(marshal.loads(stand_in["code"]), reference.__dict__)  # its text is nowhere in this process
            for function in stand_in["functions"]:
                setattr(module, function, getattr(reference, function))


def _load(
    name: str, sources: Mapping[str, str], libraries: Sequence[str] | None
) -> tuple[ModuleType | None, _Failure | None]:
    """Import the student's module, or return why it cannot be imported.

    Args:
        libraries: that it may import; None: all.
    """
    try:
        if libraries is not None:
            refusal = find_refusal(sources[name], _file_name(name), {*libraries, *sources})
            if refusal is not None:
                kind = REFUSED_COURSE if refusal.is_course else REFUSED
                return None, _Failure(kind, refusal.reason, _file_name(name), refusal.line, refusal.name)
        return importlib.import_module(name), None
    except BaseException as error:  # noqa: BLE001  student code may raise anything, even SystemExit
        return None, _describe(error, _file_name(name))


def _make_call(
    module: ModuleType,
    call: Mapping[str, Any],
    arrays: Sequence[np.ndarray],
    *,
    number: int,
    drivers: Mapping[str, Driver],
    file: str,
) -> tuple[dict[str, Any], Sequence[np.ndarray]]:
    """Call one function; return the report and its arrays."""
    function = getattr(module, call["function"], None)
    if not callable(function):
        return {"call": number, "status": "missing", "arrays": 0}, ()
    arguments = [_decode_argument(argument, arrays) for argument in call["arguments"]]
    kind = ""
    try:
        if call["driver"]:
            values = drivers[call["driver"]](function, arguments)
            kind = type(values[0]).__name__
            results = [_plain_array(value) for value in values]
            kind = ""
        else:
            value = function(*arguments)
            kind = type(value).__name__
            results = [_plain_array(value)]
    except _NotNumbersError as error:
        return {"call": number, "status": "not numbers", "type": kind, "detail": str(error), "arrays": 0}, ()
    except BaseException as error:  # noqa: BLE001  student code may raise anything, even SystemExit
        return {"call": number, "status": "raised", "failure": asdict(_describe(error, file)), "arrays": 0}, ()
    if call["echo"]:
        results += [argument for argument in arguments if isinstance(argument, np.ndarray)]
    return {"call": number, "status": "returned", "type": kind, "arrays": len(results)}, results


class _NotNumbersError(Exception):
    """A function returned something other than numbers."""


def _plain_array(value: object) -> np.ndarray:
    """Return numbers as a plain array."""
    try:
        array = np.array(value, subok=False, copy=None)
    except (ValueError, TypeError) as error:
        raise _NotNumbersError(str(error)[:_LONGEST_TEXT]) from error
    if array.dtype.kind not in "biuf":
        raise _NotNumbersError(f"dtype {array.dtype}")
    if array.nbytes > _LARGEST_RESULT:
        raise _NotNumbersError(f"{array.nbytes:,} bytes")
    return array


def _decode_argument(argument: Any, arrays: Sequence[np.ndarray]) -> Any:
    """Return an argument in its original form: a copy of an array, contiguous or not, or tuples for JSON's lists."""
    if isinstance(argument, dict):
        array = arrays[argument["array"]]
        return np.repeat(array, 2, axis=-1)[..., ::2] if argument["strided"] else array.copy()
    if isinstance(argument, list):
        return tuple(_decode_argument(item, arrays) for item in argument)
    return argument


def _describe(error: BaseException, file: str) -> _Failure:
    """Return an exception with the last line of the exercise's own file in its traceback.

    Lines of other modules are never shown, because they may belong to a solution.
    """
    message = " ".join(str(error).split())[:_LONGEST_TEXT]
    if isinstance(error, SyntaxError):
        code = (error.text or "").strip()[:_LONGEST_CODE]
        return _Failure("SyntaxError", str(error.msg), error.filename or "", error.lineno or 0, code)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if not frames:
        return _Failure(type(error).__name__, message, "", 0, "")
    last = frames[-1]
    return _Failure(type(error).__name__, message, last.filename, last.lineno or 0, (last.line or "")[:_LONGEST_CODE])


def _answer(reply: BinaryIO, report: Mapping[str, Any], arrays: Sequence[np.ndarray] = ()) -> None:
    """Write a report together with its arrays, all or nothing."""
    record = io.BytesIO()
    for array in (encode_text(json.dumps(report)), *arrays):
        write_array(record, array)
    reply.write(record.getvalue())
    reply.flush()


def _file_name(module: str) -> str:
    return f"{module}.py"
