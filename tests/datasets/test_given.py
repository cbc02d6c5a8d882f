"""Arrays and other data of a program as data sets."""

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.given import read_dataset, read_test_data
from keras_cnn_course.errors import DatasetError, UsageError

IMAGES = np.arange(640, dtype=np.uint8).reshape(10, 8, 8, 1)
LABELS = np.arange(10) % 2


def test_all_images_of_a_pair_are_tested_in_their_order():
    read = read_test_data((IMAGES, LABELS))
    assert (read.x_test == IMAGES).all()
    assert (read.y_test == LABELS).all()
    assert len(read_dataset((IMAGES, LABELS)).x_test) == 2


def test_of_data_with_parts_the_test_part_is_tested():
    parts = ((IMAGES, LABELS), (IMAGES[:4], LABELS[:4]))
    assert read_test_data(parts).sha256 == read_dataset(parts).sha256


def test_labels_that_test_a_model_are_the_models_and_may_lack_classes():
    names = ("cat", "dog", "fox")
    read = read_test_data((IMAGES, 2 * LABELS), class_names=names)
    assert (read.class_names, set(read.y_test)) == (names, {0, 2})
    assert set(read_test_data((IMAGES, np.full(10, 2)), class_names=names).y_test) == {2}
    with pytest.raises(DatasetError, match="must be the model's, 0 to 2 for the classes cat, dog, fox; got 3"):
        read_test_data((IMAGES, 3 * LABELS), class_names=names)


def test_arrays_are_read_with_a_stated_range():
    standardized = IMAGES / np.float32(127.5) - 1
    for data in ((standardized, LABELS), ((standardized, LABELS), (standardized, LABELS))):
        assert read_dataset(data, pixel_range=(-1, 1)).x_test.min() >= 0
    with pytest.raises(UsageError, match="A Dataset has its `pixel_range=` already"):
        read_dataset(Dataset.from_arrays(IMAGES, LABELS, IMAGES, LABELS), pixel_range=(0, 255))


def test_other_data_are_refused_by_their_type():
    for read in (read_dataset, read_test_data):
        with pytest.raises(UsageError, match="got ndarray"):
            read(IMAGES)
