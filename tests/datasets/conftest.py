"""A small data set in every format, and a home without downloads."""

import gzip
import struct

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    """No data set is here but the embedded one."""
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "home"


@pytest.fixture
def arrays():
    """Twelve training and six test images of 6x5 pixels in three classes."""
    generator = np.random.default_rng(0)
    return {
        "x_train": generator.integers(0, 256, (12, 6, 5), dtype=np.uint8),
        "y_train": np.arange(12, dtype=np.uint8) % 3,
        "x_test": generator.integers(0, 256, (6, 6, 5), dtype=np.uint8),
        "y_test": np.arange(6, dtype=np.uint8) % 3,
    }


@pytest.fixture
def idx_bytes():
    """A function: array -> the bytes of its IDX file, int32 if the array is, otherwise uint8."""

    def encode(array):
        code, dtype = (0x0C, ">i4") if array.dtype == np.int32 else (0x08, ">u1")
        return struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + array.astype(dtype).tobytes()

    return encode


@pytest.fixture
def idx_folder(tmp_path, arrays, idx_bytes):
    """The arrays as MNIST's four files: two of them gzipped, one with a dot in its name."""
    folder = tmp_path / "idx"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(arrays["x_train"]))
    (folder / "train-labels.idx1-ubyte").write_bytes(idx_bytes(arrays["y_train"]))
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(arrays["x_test"])))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(arrays["y_test"])))
    return folder
