import io
import json
import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_cnn_course.homework.sandbox.array_stream import encode_text, write_array
from keras_cnn_course.homework.sandbox.messages import printable, printable_lines, read_outcome
from keras_cnn_course.homework.sandbox.server import Ending

ENDING = Ending("exit", 0, 0.1, 1000)


def reply_of(*parts):
    stream = io.BytesIO()
    for part in parts:
        write_array(stream, part if isinstance(part, np.ndarray) else encode_text(json.dumps(part)))
    return stream.getvalue()


def statuses(reply, calls):
    return [call.status for call in read_outcome(reply, b"", ENDING, calls=calls).calls]


def test_a_flood_of_small_arrays_is_not_read_to_its_end():
    """As many as fit into a reply would take the grader half a minute."""
    record = io.BytesIO()
    write_array(record, np.zeros(0, np.uint8))
    flood = reply_of({"loaded": True}) + record.getvalue() * (48 * 2**20 // len(record.getvalue()))
    began = time.process_time()
    assert statuses(flood, 19) == ["not run"] * 19
    assert time.process_time() - began < 1


def test_a_report_of_megabytes_is_none():
    """As an object of Python's it would take many times as much."""
    text = json.dumps({"call": 0, "status": "missing", "arrays": 0, "more": [[]] * 10**6})
    assert statuses(reply_of({"loaded": True}, encode_text(text)), 1) == ["not run"]


def test_a_whole_reply():
    reply = reply_of(
        {"loaded": True, "failure": None},
        {"call": 0, "status": "returned", "type": "ndarray", "arrays": 2}, np.arange(2), np.arange(3),
        {"call": 1, "status": "raised", "arrays": 0,
         "failure": {"type": "ValueError", "message": "no", "file": "a.py", "line": 3, "code": "raise"}},
        {"call": 2, "status": "not numbers", "type": "str", "detail": "dtype <U1", "arrays": 0},
        {"call": 3, "status": "missing", "arrays": 0},
    )  # fmt: skip
    outcome = read_outcome(reply, b"hello\n", ENDING, calls=5)
    assert [call.status for call in outcome.calls] == ["returned", "raised", "not numbers", "missing", "not run"]
    assert [array.tolist() for array in outcome.calls[0].arrays] == [[0, 1], [0, 1, 2]]
    assert outcome.calls[1].failure.line == 3
    assert outcome.loaded
    assert outcome.printed == "hello\n"


def test_a_call_out_of_order_ends_the_reply():
    good = {"call": 0, "status": "missing", "arrays": 0}
    assert statuses(reply_of({"loaded": True}, good, {**good, "call": 2}), 3) == ["missing", "not run", "not run"]
    assert statuses(reply_of({"loaded": True}, {**good, "call": 1}), 2) == ["not run", "not run"]


def test_a_report_that_promises_more_arrays_than_there_are_ends_the_reply():
    report = {"call": 0, "status": "returned", "type": "ndarray", "arrays": 3}
    assert statuses(reply_of({"loaded": True}, report, np.arange(2)), 1) == ["not run"]


def test_more_calls_than_were_asked_for_are_not_read():
    good = {"call": 0, "status": "missing", "arrays": 0}
    assert statuses(reply_of({"loaded": True}, good, {**good, "call": 1}), 1) == ["missing"]


_VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.dictionaries(st.sampled_from(["call", "status", "arrays", "type", "failure", "loaded"]), _VALUES)))
def test_any_reports_are_no_error(reports):
    reply = reply_of(*reports, np.arange(3))
    outcome = read_outcome(reply, b"", ENDING, calls=3)
    assert len(outcome.calls) == 3


def test_a_stranger_writes_nothing_to_the_terminal():
    assert printable("a\x1b]0;x\x07b\u202e\nc") == "a?]0;x?b??c"
    assert printable_lines("a\nb\tc") == "a\nb       c"
    assert printable_lines("\x1b[31;1mred\x1b[0m\x1b[2K\x1b]0;title\x07 \x1b \u202e") == "red ? ?"
    assert printable_lines("50%\r100%\r\n") == "50%\n100%\n"
