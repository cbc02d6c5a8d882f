"""What is written comes back, and whatever else there is ends in the one error that the reader declares."""

import gzip
import json
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.idx import read_idx
from keras_cnn_course.datasets.images import read_image
from keras_cnn_course.datasets.npz import load_npz
from keras_cnn_course.errors import DatasetError, ImageError, RunError
from keras_cnn_course.runs.directory import HISTORY_COLUMNS, RunDirectory
from keras_cnn_course.runs.model_file import check_model_file
from keras_cnn_course.runs.record import RunRecord

few = settings(derandomize=True, deadline=None, database=None, max_examples=60)

IDX_CODES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
ANY_DTYPE = st.one_of(npst.scalar_dtypes(), st.sampled_from([np.dtype(object), np.dtype([("a", "u1")])]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
RECORD = {
    **{"recipe": "cnn", "recipe_sha256": "", "hyperparameters": {"epochs": 1}, "dataset": "digits"},
    **{"dataset_sha256": "", "input_shape": [28, 28, 1], "class_names": ["0", "1"], "train_examples": 9},
    **{"val_examples": 1, "seed": 0, "command": "kcnn train", "device": "cpu", "threads": 1, "precision": "float32"},
    **{"engine": "", "cycles": [1], "versions": {}, "started": "", "seconds": 1.0, "status": "finished"},
    **{"strategy": "none", "replicas": 1},
    "resumed": [],
}


def reading(name, content, read):
    """Write bytes under a name in a folder of their own, and read them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        return read(path)


@few
@given(data=st.data(), code=st.sampled_from(sorted(IDX_CODES)), packed=st.booleans())
def test_idx_comes_back_as_it_was_written(data, code, packed):
    shape = data.draw(npst.array_shapes(max_dims=4, max_side=5, min_side=0))
    array = data.draw(npst.arrays(IDX_CODES[code], shape))
    content = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *shape) + array.tobytes()
    read = reading("x.gz" if packed else "x", gzip.compress(content) if packed else content, read_idx)
    assert read.shape == shape
    assert read.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(read, array)


@few
@given(
    data=st.data(),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 6)) | st.tuples(*[st.integers(1, 6)] * 2, st.integers(1, 4)),
    labels=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    packed=st.booleans(),
)
def test_npz_comes_back_as_it_was_written(data, shape, labels, packed):
    y_train = np.unique([*labels, 0, 1], return_inverse=True)[1]  # no gaps
    images = data.draw(npst.arrays(np.uint8, (len(y_train), *shape)))
    images[0, ..., 0] = 255  # a range that is clear
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.npz")
        save = np.savez_compressed if packed else np.savez
        save(path, x_train=images, y_train=y_train, x_test=images[:1], y_test=y_train[:1])
        if len(shape) == 3 and shape[2] > 4:
            return
        dataset = load_npz(path)
    np.testing.assert_array_equal(dataset.x_train.reshape(images.shape), images)
    np.testing.assert_array_equal(dataset.y_train, y_train)
    assert dataset.num_classes == y_train.max() + 1


@few
@given(data=st.data(), examples=st.integers(0, 5))
def test_arbitrary_arrays_become_a_data_set_or_an_error(data, examples):
    def draw(shapes):
        dtype = data.draw(ANY_DTYPE)
        shape = data.draw(shapes)
        if dtype.hasobject or dtype.names or dtype.kind in "SUmM":
            return np.zeros(shape, dtype)
        return data.draw(npst.arrays(dtype, shape))

    images = st.tuples(st.just(examples), st.integers(0, 3), st.integers(0, 3)) | npst.array_shapes(max_side=4)
    labels = st.just((examples,)) | npst.array_shapes(max_side=4)
    arrays = (draw(images), draw(labels), draw(images), draw(labels))
    with np.errstate(all="ignore"):
        try:
            dataset = Dataset.from_arrays(*arrays, name="arbitrary")
        except DatasetError:
            return
    assert dataset.x_train.dtype in (np.uint8, np.float32)
    assert dataset.x_train.min() >= 0
    assert dataset.x_train.max() <= 255
    assert set(dataset.y_train) == set(range(dataset.num_classes))
    assert len(dataset.x_train) == len(dataset.y_train)


@pytest.mark.parametrize(
    ("name", "read", "error", "beginning"),
    [
        ("images", read_idx, DatasetError, b"\0\0\x08\x03\0\0\0\x02"),
        ("images.gz", read_idx, DatasetError, b"\x1f\x8b\x08\0\0\0\0\0"),
        ("data.npz", load_npz, DatasetError, b"PK\x03\x04"),
        ("image.png", read_image, ImageError, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("image.jpg", read_image, ImageError, b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        ("image.bmp", read_image, ImageError, b"BM"),
        ("best.keras", check_model_file, RunError, b"PK\x05\x06"),
        ("run.json", lambda path: RunDirectory(path.parent).read_record(), RunError, b"{"),
        ("metrics.json", lambda path: RunDirectory(path.parent).read_metrics(), RunError, b'{"test_loss": '),
        ("history.csv", lambda path: RunDirectory(path.parent).read_history(), RunError, b"epoch,loss\n"),
    ],
)
def test_arbitrary_bytes_are_refused(name, read, error, beginning):
    @few
    @given(st.binary(max_size=200), st.booleans())
    def check(content, begun):
        with pytest.raises(error):
            reading(name, (beginning if begun else b"") + content, read)

    check()


@settings(few, max_examples=200)
@given(st.sampled_from(sorted(RECORD)), JSON)
def test_an_edited_value_is_refused_or_harmless(key, value):
    """What is let through can be printed, written as JSON, and used as a name and as a shape."""
    text = json.dumps({**RECORD, key: value})
    try:
        record = reading("run.json", text.encode(), lambda path: RunDirectory(path.parent).read_record())
    except RunError as caught:
        message = str(caught)
        record = None
    if record is None:
        assert f"{key} in " in message
        assert message.isprintable()
        return
    assert isinstance(record, RunRecord)
    assert record.recipe == Path(record.recipe).name
    assert all(name.isprintable() for name in record.class_names)
    assert np.broadcast_to(np.uint8(0), record.input_shape).ndim == 3
    json.dumps(record.hyperparameters, allow_nan=False)


@few
@given(st.lists(st.tuples(*[st.floats() | st.text(max_size=5)] * 6), max_size=4))
def test_an_edited_history_is_finite_or_refused(rows):
    lines = [",".join(HISTORY_COLUMNS)]
    lines += [",".join(map(str, (number, *row))) for number, row in enumerate(rows, start=1)]
    content = "\n".join(lines).encode(errors="surrogatepass")
    try:
        columns = reading("history.csv", content, lambda path: RunDirectory(path.parent).read_history())
    except RunError:
        return
    assert all(np.isfinite(column).all() for column in columns.values())
    assert columns["epoch"] == list(range(1, len(columns["loss"]) + 1))
