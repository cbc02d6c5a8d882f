from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError
from keras_cnn_course.results import run_data
from keras_cnn_course.results.run_data import check_dataset, load_run_data
from keras_cnn_course.runs.directory import RunRecord


@pytest.fixture
def dataset():
    generator = np.random.default_rng(3)
    images, labels = generator.integers(0, 256, (8, 6, 6, 1), dtype=np.uint8), np.arange(8, dtype=np.int32) % 2
    return Dataset("pets", images[:6], labels[:6], images[6:], labels[6:], class_names=("cat", "dog"))


def record_of(dataset, /, **changes):
    values = {
        "recipe": "cnn",
        "hyperparameters": {},
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "input_shape": dataset.input_shape,
        "class_names": dataset.class_names,
        "train_examples": 5,
        "val_examples": 1,
        "seed": 0,
        "command": "",
        "device": "cpu",
        "threads": 1,
        "precision": "float32",
        "engine": "",
    }
    return RunRecord(**(values | changes))


def test_the_data_set_of_the_run_and_another_of_its_shape_fit(dataset):
    check_dataset(record_of(dataset), dataset)
    check_dataset(record_of(dataset, dataset="other", dataset_sha256="0" * 64), dataset)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_shape": (28, 28, 1)}, "pets does not fit this run: its images are 6x6x1, .* trained on 28x28x1"),
        ({"class_names": ("a", "b", "c")}, "pets does not fit this run: it has 2 classes, .* trained on 3"),
        ({"dataset_sha256": "0" * 64}, "pets has changed .*SHA-256 000000000000"),
    ],
)
def test_a_data_set_that_does_not_fit_is_refused(dataset, changes, message):
    with pytest.raises(DatasetError, match=message):
        check_dataset(record_of(dataset, **changes), dataset)


def test_a_run_is_given_its_own_data_set(trained_run, digits):
    assert load_run_data(trained_run.read_record()).sha256 == digits.sha256


def test_a_named_data_set_that_cannot_fit_is_not_downloaded(trained_run, monkeypatch, tmp_path):
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path))
    with pytest.raises(DatasetError, match="cifar10 does not fit this run: its images are 32x32x3"):
        load_run_data(trained_run.read_record(), "cifar10")
    assert not list(tmp_path.iterdir())


def test_a_data_set_without_test_images_is_refused(dataset, monkeypatch):
    empty = replace(dataset, x_test=dataset.x_test[:0], y_test=dataset.y_test[:0])
    monkeypatch.setattr(run_data, "load_dataset", lambda spec, image_size: empty)
    with pytest.raises(DatasetError, match="pets has no test images"):
        run_data.load_run_data(record_of(empty))
