"""CIFAR-10's pickles, in an archive of the same form with few images."""

import io
import os
import pickle
import tarfile

import numpy as np
import pytest

from keras_cnn_course.datasets.cifar import read_cifar10
from keras_cnn_course.errors import DatasetError

NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil",)


def write_archive(path, batches):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def make_batch(number):
    """One batch as the authors write it: rows of 1024 red, 1024 green and 1024 blue values."""
    row = np.repeat([number, 100 + number, 200], 1024).astype(np.uint8)
    # Protocol 3 is the newest in which NumPy writes arrays the way it did for the published files.
    return pickle.dumps({b"data": np.stack([row, row]), b"labels": [number, 0]}, protocol=3)


def test_planes_become_channels(tmp_path):
    write_archive(tmp_path / "c.tar.gz", {name: make_batch(number) for number, name in enumerate(reversed(NAMES))})
    x_train, y_train, x_test, _ = read_cifar10(tmp_path / "c.tar.gz")
    assert x_train.shape == (10, 32, 32, 3)
    # The archive's order is not the batches' order: data_batch_1 is the sixth file here.
    assert x_train[0, 5, 7].tolist() == [5, 105, 200]
    assert y_train.tolist() == [5, 0, 4, 0, 3, 0, 2, 0, 1, 0]
    assert x_test[1, 31, 31].tolist() == [0, 100, 200]


def test_a_program_in_a_pickle_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_archive(tmp_path / "c.tar.gz", {name: pickle.dumps(Evil()) for name in NAMES})
    with pytest.raises(DatasetError, match=r"asks for (posix|nt)\.system"):
        read_cifar10(tmp_path / "c.tar.gz")
    assert not (tmp_path / "evil").exists()


def test_a_missing_batch_is_named(tmp_path):
    write_archive(tmp_path / "c.tar.gz", {name: make_batch(1) for name in NAMES if name != "data_batch_3"})
    with pytest.raises(DatasetError, match="it has no data_batch_3"):
        read_cifar10(tmp_path / "c.tar.gz")


def test_another_file_is_an_error(tmp_path):
    (tmp_path / "c.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(DatasetError, match=r"is not cifar-10-python\.tar\.gz as its authors publish it"):
        read_cifar10(tmp_path / "c.tar.gz")
