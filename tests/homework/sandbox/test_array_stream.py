import io
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_cnn_course.homework.sandbox.array_stream import decode_text, encode_text, read_arrays, write_array


def stream_of(*arrays):
    stream = io.BytesIO()
    for array in arrays:
        write_array(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.5),
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros((0, 4), np.float32),
        np.array([True, False]),
        np.arange(10)[::2],
        np.arange(3, dtype=">i4"),
    ],
)
def test_arrays_come_back_as_they_were(array):
    (back,) = read_arrays(stream_of(array))
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)
    assert back.flags.writeable


def test_text_comes_back():
    assert decode_text(read_arrays(stream_of(encode_text("größer, 数")))[0]) == "größer, 数"


def header(text):
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"garbage",
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }") + bytes(8),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + pickle.dumps(print),
        header("{'descr': '<U8', 'fortran_order': False, 'shape': (1,), }") + bytes(32),
        header("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }") + bytes(8),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }") + bytes(7),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 3000 + ")" * 3000 + ", }"),
        header("__import__('os').system('touch EXECUTED')"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 40 + "), }") + bytes(8),
        b"\x93NUMPY\x02\x00" + bytes(100),
        header("{[]: 1}"),
        header("{1: 1, 'a': 2}"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (True, True), }") + bytes(8),
        header("{'descr': ((),), 'fortran_order': False, 'shape': (), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1" + "0" * 30 + "), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4611686018427387904), }"),
    ],
)
def test_what_follows_a_good_array_cannot_spoil_it(rest, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (good,) = read_arrays(stream_of(np.arange(4)) + rest)
    assert good.tolist() == [0, 1, 2, 3]
    assert list(tmp_path.iterdir()) == []


def test_no_more_arrays_are_read_than_asked_for():
    stream = stream_of(np.arange(1), np.arange(2), np.arange(3))
    assert [array.size for array in read_arrays(stream, most=2)] == [1, 2]


# Pieces of headers, which random bytes do not come near.
LITERALS = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.none(), st.floats(), st.sampled_from(["<f8", "|u1", "O", "", "<U1"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(LITERALS, LITERALS, LITERALS)
def test_any_header_is_no_error(descr, fortran_order, shape):
    text = f"{{'descr': {descr!r}, 'fortran_order': {fortran_order!r}, 'shape': {shape!r}, }}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(read_arrays(header(text) + bytes(64))) <= 1


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_error(content):
    assert isinstance(read_arrays(content), list)
    assert isinstance(read_arrays(b"\x93NUMPY\x01\x00" + content), list)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_a_changed_stream_is_no_error(data):
    content = bytearray(stream_of(np.arange(5), encode_text("a text")))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    assert len(read_arrays(bytes(content))) <= 3
