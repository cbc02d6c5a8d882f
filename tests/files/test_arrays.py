"""The one reader of arrays from strangers' files; its callers' tests have more damaged files."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_cnn_course.files.arrays import ArrayFileError, read_npy, read_npz

ARRAYS = {"weights": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "labels": np.array([1, 0])}


def npz(save=np.savez, **arrays):
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream


def npy(header, content=b""):
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saves_comes_back(save):
    back = read_npz(npz(save, **ARRAYS), limit=1000)
    assert list(back) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype
        assert back[name].flags.writeable


def test_memory_order_is_kept():
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    (back,) = read_npz(npz(array=array), limit=10_000).values()
    np.testing.assert_array_equal(back, array)
    assert back.flags.f_contiguous


def test_the_second_version_of_the_format_is_read():
    """NumPy writes it where the header is too long for the first."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, ARRAYS["weights"], version=(2, 0))
    stream.seek(0)
    np.testing.assert_array_equal(read_npy(stream, limit=1000), ARRAYS["weights"])


def test_only_the_named_arrays_are_read():
    stream = npz(**ARRAYS, other=np.array([None]))
    assert list(read_npz(stream, limit=10_000, names=["labels"])) == ["labels"]
    with pytest.raises(ArrayFileError, match="it lacks images; found weights, labels, other"):
        read_npz(stream, limit=10_000, names=["labels", "images"])


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([None]), "object, not plain numbers"),
        (np.array(["text"]), "<U4, not plain numbers"),
        (np.zeros(2, "m8[s]"), "not plain numbers"),
        (np.zeros(2, [("a", "f4")]), "not plain numbers"),
        (np.zeros(2, "V2"), "not plain numbers"),
    ],
)
def test_anything_but_numbers_is_refused(array, reason):
    with pytest.raises(ArrayFileError, match=reason):
        read_npz(npz(array=array), limit=10_000)


def test_bfloat16_is_read_as_raw_bytes_when_asked():
    (back,) = read_npz(npz(array=np.zeros(3, "V2")), limit=10_000, kinds="biufV").values()
    assert back.dtype == np.dtype("V2")


def test_compression_can_be_refused():
    with pytest.raises(ArrayFileError, match=r"weights\.npy is compressed"):
        read_npz(npz(np.savez_compressed, **ARRAYS), limit=10_000, stored=True)


def test_a_claim_above_the_limit_takes_no_memory():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.npy", bytes(200 * 2**20))
    tracemalloc.start()
    with pytest.raises(ArrayFileError, match="it unpacks to 209,715,200 bytes; the limit is 1,048,576 bytes"):
        read_npz(stream, limit=2**20)
    assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (10,), }", bytes(79)), "ends after 79 of 80 bytes"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000,), }"), "claims 8,000 bytes"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"), "the impossible shape"),
        (b"\x93NUMPY\x03\x00" + bytes(100), "version 3.0"),
        (b"", "magic string"),
    ],
)
def test_damaged_arrays_are_refused(content, reason):
    with pytest.raises(ArrayFileError, match=reason):
        read_npy(io.BytesIO(content), limit=100)


def test_bytes_after_an_array_are_refused():
    stream, array = io.BytesIO(), io.BytesIO()
    np.save(array, np.arange(3))
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("array.npy", array.getvalue() + b"more")
    with pytest.raises(ArrayFileError, match=r"array\.npy is followed by more bytes"):
        read_npz(stream, limit=10_000)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_a_changed_archive_is_read_or_refused(data):
    content = bytearray(npz(data.draw(st.sampled_from([np.savez, np.savez_compressed])), **ARRAYS).getvalue())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    reason, back = "", {}
    try:
        back = read_npz(io.BytesIO(content), limit=10_000)
    except ArrayFileError as error:
        reason = str(error)
    assert reason.isprintable()
    assert sum(array.nbytes for array in back.values()) <= 10_000
