"""MNIST's own format."""

import gzip
import struct

import numpy as np
import pytest

from keras_cnn_course.datasets import idx
from keras_cnn_course.datasets.idx import load_idx_folder, read_idx
from keras_cnn_course.errors import DatasetError


def test_a_folder_of_mixed_spellings(idx_folder, arrays):
    dataset = load_idx_folder(idx_folder)
    np.testing.assert_array_equal(dataset.x_train[..., 0], arrays["x_train"])
    np.testing.assert_array_equal(dataset.x_test[..., 0], arrays["x_test"])
    np.testing.assert_array_equal(dataset.y_test, arrays["y_test"])


def test_a_folder_to_test_a_model_with_may_lack_classes(idx_folder, idx_bytes):
    labels = idx_bytes(np.array([1, 4] * 3, np.uint8))
    (idx_folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    (idx_folder / "train-labels.idx1-ubyte").write_bytes(idx_bytes(np.array([1, 4] * 6, np.uint8)))
    with pytest.raises(DatasetError, match="each at least once"):
        load_idx_folder(idx_folder)
    dataset = load_idx_folder(idx_folder, least_classes=1)
    assert dataset.class_names == ("0", "1", "2", "3", "4")
    assert dataset.y_test.tolist() == [1, 4] * 3


def test_a_missing_file_is_named(idx_folder):
    (idx_folder / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DatasetError, match="Missing: t10k-images-idx3-ubyte"):
        load_idx_folder(idx_folder)


def test_wider_types_are_big_endian(tmp_path):
    path = tmp_path / "wide"
    path.write_bytes(struct.pack(">BBBBI3i", 0, 0, 0x0C, 1, 3, 1, -2, 70_000))
    array = read_idx(path)
    assert array.tolist() == [1, -2, 70_000]
    assert array.dtype.isnative


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: b"", "empty file"),
        (lambda content: b"\x89PNG" + content[4:], "89 50 4e 47"),
        (lambda content: content[:10], "ends within its header"),
        (lambda content: content[:-1], "cut off"),
        (lambda content: content + b"x", "it has more"),
        (lambda content: struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**10, 2**10), "GiB"),
    ],
    ids=["empty", "magic", "header", "short", "long", "huge"],
)
@pytest.mark.parametrize("suffix", ["", ".gz", ".GZ"])
def test_broken_files_say_what_is_wrong(tmp_path, arrays, idx_bytes, change, message, suffix):
    content = change(idx_bytes(arrays["x_train"]))
    path = tmp_path / f"train-images-idx3-ubyte{suffix}"
    path.write_bytes(gzip.compress(content) if suffix else content)
    with pytest.raises(DatasetError, match=message):
        read_idx(path)


@pytest.mark.parametrize(
    "change", [lambda z: z[:-12], lambda z: b"no" + z[2:], lambda z: z[:30] + b"\xff" * 40 + z[70:]]
)
def test_broken_gzip_says_so(tmp_path, arrays, idx_bytes, change):
    path = tmp_path / "images.gz"
    path.write_bytes(change(gzip.compress(idx_bytes(arrays["x_train"]))))
    with pytest.raises(DatasetError, match="gzip"):
        read_idx(path)


def test_a_gzip_bomb_is_not_unpacked(tmp_path, idx_bytes, monkeypatch):
    """Ten bytes are declared, 100 MB follow: only eleven are read."""
    read = []
    original = gzip.GzipFile.read

    def counting(self, size=-1):
        content = original(self, size)
        read.append(len(content))
        return content

    monkeypatch.setattr(idx.gzip.GzipFile, "read", counting)
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(idx_bytes(np.zeros(10, np.uint8)) + bytes(100_000_000))
    with pytest.raises(DatasetError, match="it has more"):
        read_idx(path)
    assert sum(read) < 100


@pytest.fixture
def emnist(idx_folder):
    """The same files named as EMNIST names them, one of them also unpacked."""
    for path in sorted(idx_folder.iterdir()):
        path.rename(path.with_name("emnist-letters-" + path.name.replace("t10k", "test").replace(".idx", "-idx")))
    return idx_folder


def test_emnist_is_found_and_turned_upright(emnist, arrays):
    dataset = load_idx_folder(emnist)
    np.testing.assert_array_equal(dataset.x_train[..., 0], arrays["x_train"].swapaxes(1, 2))
    assert "turned upright" in dataset.notes[0]


def test_letters_of_emnist_count_from_1(emnist, idx_bytes):
    images = np.full((52, 6, 5), 255, np.uint8)
    for part in ("train", "test"):
        for stem, array in (("images-idx3", images), ("labels-idx1", np.tile(np.arange(1, 27), 2))):
            (emnist / f"emnist-letters-{part}-{stem}-ubyte").write_bytes(idx_bytes(array))
    dataset = load_idx_folder(emnist)
    assert dataset.class_names == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert dataset.y_train[:3].tolist() == [0, 1, 2]
    assert dataset.notes[1] == "The labels 1 to 26 became 0 to 25."


def test_labels_of_qmnist_are_the_first_of_eight_columns(idx_folder, idx_bytes, arrays):
    for name, part in (("train", "y_train"), ("t10k", "y_test")):
        (old,) = idx_folder.glob(f"{name}-labels*")
        old.unlink()
        table = np.column_stack([arrays[part].astype("int32"), np.full((len(arrays[part]), 7), 99, "int32")])
        (idx_folder / f"{name}-labels-idx2-int.gz").write_bytes(gzip.compress(idx_bytes(table)))
    dataset = load_idx_folder(idx_folder)
    np.testing.assert_array_equal(dataset.y_train, arrays["y_train"])
    np.testing.assert_array_equal(dataset.y_test, arrays["y_test"])


def test_other_tables_are_no_labels(idx_folder, idx_bytes):
    (labels,) = idx_folder.glob("train-labels*")
    labels.unlink()
    (idx_folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.eye(8, dtype=np.int32)))
    with pytest.raises(DatasetError, match="y_train"):
        load_idx_folder(idx_folder)


def test_files_of_two_sets_in_one_folder_are_refused(emnist, idx_bytes, arrays):
    (emnist / "emnist-digits-train-labels-idx1-ubyte").write_bytes(idx_bytes(arrays["y_train"]))
    with pytest.raises(DatasetError, match="several data sets: emnist-digits, emnist-letters"):
        load_idx_folder(emnist)
