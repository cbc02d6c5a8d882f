"""From `--dataset` to a data set: names, paths, and what is wrong with either."""

import dataclasses
import gzip
import hashlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

from keras_cnn_course.datasets import loading
from keras_cnn_course.datasets.loading import is_as_published, load_dataset
from keras_cnn_course.datasets.registry import DATASETS
from keras_cnn_course.errors import DatasetError, UsageError


def publish(monkeypatch, name, contents):
    """Let the registry expect these bytes, in the order of the set's files."""
    info = DATASETS[name]
    files = tuple(
        dataclasses.replace(
            file,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            url="http://127.0.0.1:9/",
        )
        for file, content in zip(info.files, contents, strict=True)
    )
    monkeypatch.setitem(DATASETS, name, dataclasses.replace(info, files=files))
    return files


def accept_arrays(monkeypatch, path):
    """Let the registry expect the arrays of this file as MNIST's."""
    info = DATASETS["mnist"]
    file = dataclasses.replace(info.files[0], arrays_sha256=load_dataset(str(path)).sha256)
    monkeypatch.setitem(DATASETS, "mnist", dataclasses.replace(info, files=(file,)))


def test_digits_need_nothing():
    assert load_dataset("digits").name == "digits"


def test_a_name_wins_over_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert load_dataset("digits").source == "embedded"
    with pytest.raises(DatasetError, match="sub-folder"):
        load_dataset("./digits")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mnits", "Did you mean 'mnist'"),
        ("fashion-mnist", "Did you mean 'fashion_mnist'"),
        ("/no/such.npz", "No data set or path named"),
    ],
)
def test_an_unknown_name_is_wrong_use(spec, message):
    with pytest.raises(UsageError, match=message):
        load_dataset(spec)


def test_another_kind_of_file(tmp_path):
    (tmp_path / "data.csv").write_text("1,2")
    with pytest.raises(DatasetError, match=r"The file .*data\.csv is not a data set"):
        load_dataset(str(tmp_path / "data.csv"))


def test_paths_of_each_kind(tmp_path, arrays, idx_folder):
    np.savez(tmp_path / "mine.npz", **arrays)
    from_npz, from_idx = load_dataset(str(tmp_path / "mine.npz")), load_dataset(str(idx_folder))
    assert from_npz.sha256 == from_idx.sha256
    assert from_idx.name == str(idx_folder)
    (tmp_path / "mine.npz").rename(tmp_path / "MINE.NPZ")
    assert load_dataset(tmp_path / "MINE.NPZ").sha256 == from_npz.sha256


@pytest.mark.parametrize("size", [(28, 28), (10, 7)])
def test_image_size_applies_to_every_kind(tmp_path, arrays, idx_folder, size):
    np.savez(tmp_path / "mine.npz", **arrays)
    for spec in (str(tmp_path / "mine.npz"), str(idx_folder), "digits"):
        dataset = load_dataset(spec, image_size=size)
        assert dataset.x_train.shape[1:] == dataset.x_test.shape[1:] == (*size, 1)
        assert dataset.x_train.dtype == np.uint8


def test_an_impossible_image_size_is_wrong_use():
    with pytest.raises(UsageError, match=r"`image_size=` must be height and width, .* got \(0, 28\)"):
        load_dataset("digits", image_size=(0, 28))


def test_the_scale_of_a_named_set_cannot_be_stated():
    with pytest.raises(UsageError, match=r"The data set digits has a known scale\. `pixel_range=` is for data of your"):
        load_dataset("digits", pixel_range=(0.0, 1.0))


def test_mnist_is_known_by_its_arrays(mnist):
    """The file at hand is another container than Keras's, with the same arrays."""
    info = DATASETS["mnist"]
    assert mnist.sha256 == info.files[0].arrays_sha256
    assert len(mnist.x_train) == info.train_examples
    # From the published description: the first labels, and the number of fives.
    assert mnist.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(mnist.y_train)[5] == 5421
    assert mnist.license == "CC BY-SA 3.0"


def test_other_arrays_under_mnists_name_are_refused(empty_home, arrays):
    empty_home.mkdir()
    np.savez(empty_home / "mnist.npz", **arrays)
    with pytest.raises(DatasetError, match=r"mnist\.npz is not the published file: the SHA-256 of its arrays is"):
        load_dataset("mnist")
    assert not is_as_published(DATASETS["mnist"].files[0], empty_home / "mnist.npz")


def test_mnist_is_found_in_keras_cache(tmp_path, arrays, monkeypatch):
    cache = tmp_path / "keras" / "datasets"
    cache.mkdir(parents=True)
    np.savez(cache / "mnist.npz", **arrays)
    accept_arrays(monkeypatch, cache / "mnist.npz")
    assert load_dataset("mnist").source == str(cache / "mnist.npz")
    assert is_as_published(DATASETS["mnist"].files[0], cache / "mnist.npz")


@pytest.mark.parametrize("name", ["mnist", "qmnist", "fashion_mnist", "cifar10"])
def test_what_is_not_here_is_downloaded_and_offline_that_fails(name, monkeypatch, empty_home):
    publish(monkeypatch, name, [b"x"] * len(DATASETS[name].files))
    with pytest.raises(DatasetError, match="Cannot download") as caught:
        load_dataset(name)
    assert str(empty_home / DATASETS[name].files[0].path) in str(caught.value)


def write_fashion(folder, arrays, idx_bytes):
    contents = [gzip.compress(idx_bytes(arrays[part])) for part in ("x_train", "y_train", "x_test", "y_test")]
    for file, content in zip(DATASETS["fashion_mnist"].files, contents, strict=True):
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_bytes(content)
    return contents


@pytest.fixture
def ten_classes():
    generator = np.random.default_rng(1)
    return {
        "x_train": generator.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_train": np.arange(20, dtype=np.uint8) % 10,
        "x_test": generator.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        "y_test": np.arange(10, dtype=np.uint8),
    }


def test_fashion_mnist_from_its_four_files(empty_home, ten_classes, idx_bytes, monkeypatch):
    publish(monkeypatch, "fashion_mnist", write_fashion(empty_home, ten_classes, idx_bytes))
    dataset = load_dataset("fashion_mnist")
    assert dataset.class_names[9] == "Ankle boot"
    np.testing.assert_array_equal(dataset.x_test[..., 0], ten_classes["x_test"])
    assert dataset.source == str(empty_home / "fashion-mnist")


def test_qmnist_is_mnists_training_images_with_its_own_test_images(empty_home, ten_classes, idx_bytes, monkeypatch):
    (empty_home / "qmnist").mkdir(parents=True)
    np.savez(empty_home / "mnist.npz", **{**ten_classes, "x_test": ten_classes["x_test"][:3], "y_test": [0, 1, 2]})
    accept_arrays(monkeypatch, empty_home / "mnist.npz")
    origins = np.full((10, 7), 99, "int32")  # writer, number of the digit and so on
    labels = np.column_stack([ten_classes["y_test"].astype("int32"), origins])
    contents = [gzip.compress(idx_bytes(array)) for array in (ten_classes["x_test"], labels)]
    files = publish(monkeypatch, "qmnist", [(empty_home / "mnist.npz").read_bytes(), *contents])
    for file, content in zip(files[1:], contents, strict=True):
        (empty_home / file.path).write_bytes(content)
    dataset = load_dataset("qmnist")
    np.testing.assert_array_equal(dataset.x_train[..., 0], ten_classes["x_train"])
    np.testing.assert_array_equal(dataset.x_test[..., 0], ten_classes["x_test"])
    np.testing.assert_array_equal(dataset.y_test, ten_classes["y_test"])
    (empty_home / files[1].path).write_bytes(contents[0] + b" ")
    with pytest.raises(DatasetError, match=r"qmnist-test-images-idx3-ubyte\.gz is not the published file"):
        load_dataset("qmnist")


def test_a_changed_file_is_refused_before_it_is_read(empty_home, ten_classes, idx_bytes, monkeypatch):
    publish(monkeypatch, "fashion_mnist", write_fashion(empty_home, ten_classes, idx_bytes))
    changed = empty_home / DATASETS["fashion_mnist"].files[2].path
    changed.write_bytes(changed.read_bytes() + b" ")
    with pytest.raises(DatasetError, match="is not the published file: its SHA-256 is"):
        load_dataset("fashion_mnist")


def test_a_pickle_is_not_touched_before_its_hash_was_checked(empty_home, monkeypatch):
    empty_home.mkdir()
    (empty_home / "cifar-10-python.tar.gz").write_bytes(pickle.dumps("changed"))
    monkeypatch.setattr(loading, "read_cifar10", lambda path: pytest.fail("read before the check"))
    with pytest.raises(DatasetError, match="is not the published file: its SHA-256 is"):
        load_dataset("cifar10")


def test_the_registry_is_light_and_complete():
    script = (
        "import sys; from keras_cnn_course.datasets import registry; "
        "print([m for m in ('numpy', 'PIL', 'keras', 'urllib.request') if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
    for name, info in DATASETS.items():
        assert info.name == name
        assert all(len(file.sha256) == 64 and file.url.startswith("https://") for file in info.files)


def test_registry_agrees_with_keras_where_keras_has_a_hash():
    """Read from Keras's source: importing it would start TensorFlow."""
    import importlib.util
    from pathlib import Path

    folder = Path(importlib.util.find_spec("keras").submodule_search_locations[0]) / "src" / "datasets"
    for name in ("mnist", "cifar10"):
        source = (folder / f"{name}.py").read_text()
        assert DATASETS[name].files[0].sha256 in source
        assert DATASETS[name].files[0].keras_path.removesuffix("_archive") in source
