"""Classes are matched by name, never by position."""

from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError, UsageError
from keras_cnn_course.results.class_matching import match_classes
from keras_cnn_course.runs.directory import RunRecord

MODEL = ("bird", "caf\u00e9", "dog")


@pytest.fixture
def record():
    return RunRecord(
        recipe="cnn", hyperparameters={}, dataset="x", dataset_sha256="", input_shape=(4, 4, 1), class_names=MODEL,
        train_examples=3, val_examples=1, seed=0, command="", device="cpu", threads=1, precision="float32", engine="",
    )  # fmt: skip


def dataset_of(*names):
    images = np.zeros((len(names), 4, 4, 1), np.uint8)
    labels = np.arange(len(names), dtype=np.int32)
    return Dataset("theirs", images, labels, images, labels, class_names=names)


def test_another_order_is_matched_by_name_and_stated(record):
    matched = match_classes(record, dataset_of("dog", "bird", "caf\u00e9"))
    assert matched.y_test.tolist() == [2, 0, 1]
    assert matched.class_names == MODEL
    assert "matched by their names" in matched.notes[0]


def test_a_missing_class_is_stated(record):
    matched = match_classes(record, dataset_of("caf\u00e9", "dog"))
    assert matched.y_test.tolist() == [1, 2]
    assert matched.notes == ("theirs has no test images of bird.",)


def test_a_class_without_images_needs_no_counterpart(record):
    labels = np.array([0, 2, 2])
    numbered = replace(dataset_of("0", "1", "2"), y_train=labels, y_test=labels)
    matched = match_classes(record, numbered, classes=f"0={record.class_names[1]},2={record.class_names[0]}")
    assert matched.y_test.tolist() == [1, 0, 0]


def test_accents_stored_in_two_parts_are_the_same(record):
    assert match_classes(record, dataset_of("bird", "cafe\u0301", "dog")).y_test.tolist() == [0, 1, 2]


@pytest.mark.parametrize("names", [("0", "1", "2"), ("Vogel", "caf\u00e9", "dog"), ("bird", "caf\u00e9", "dog", "fox")])
def test_classes_that_the_model_does_not_know_are_refused(record, names):
    with pytest.raises(DatasetError, match=r"does not know the classes .*`classes=.*=bird"):
        match_classes(record, dataset_of(*names))


@pytest.mark.parametrize("stated", ["Vogel=bird,Hund=dog", "Hund=dog, Vogel=bird"])
def test_stated_pairs_are_used_and_the_others_keep_their_names(record, stated):
    assert match_classes(record, dataset_of("caf\u00e9", "Hund", "Vogel"), classes=stated).y_test.tolist() == [1, 2, 0]


def test_stated_names_follow_the_order_of_the_data_set(record):
    assert match_classes(record, dataset_of("0", "1"), classes="dog,bird").y_test.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("0=dog,1=fox", "the model has no class 'fox'"),
        ("0=dog,7=bird", "theirs has no class '7'"),
        ("0=dog,1=dog", "several classes of theirs to dog"),
        ("dog", "one name of the model for each of the 2 classes"),
        ("0=dog,1=bird,1=dog", "`classes=` has 1 twice"),
        ("0=dog,bird", "one name of the model for each"),
    ],
)
def test_a_wrong_statement_is_explained(record, stated, message):
    with pytest.raises(UsageError, match=message):
        match_classes(record, dataset_of("0", "1"), classes=stated)
