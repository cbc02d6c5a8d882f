"""Arrays and other data of a program as data sets."""

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.given import read_dataset, read_into_memory, read_test_data
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


def test_labels_of_other_classes_may_have_gaps():
    assert set(read_test_data((IMAGES, 2 * LABELS), class_names=()).y_test) == {0, 2}
    assert set(read_test_data((IMAGES, np.zeros(10, int)), class_names=()).y_test) == {0}


def test_a_list_of_images_is_no_pair():
    read = read_dataset(([*IMAGES], [*LABELS]))
    assert len(read.x_train) + len(read.x_test) == 10
    assert len(read_test_data(([*IMAGES[:2]], [0, 1]), pixel_range=(0, 255)).x_test) == 2
    assert len(read_test_data([[[*IMAGES], [*LABELS]], [[*IMAGES], [*LABELS]]]).x_test) == 10
    assert len(read_test_data([[IMAGES, LABELS[:, None]], [IMAGES, LABELS[:, None]]]).x_test) == 10
    uneven = [np.zeros((8, 8)), np.zeros((9, 8))]
    with pytest.raises(DatasetError):
        read_test_data([[uneven, [0, 1]], [uneven, [0, 1]]])


def test_images_of_several_sizes_in_a_stream_are_refused(started):
    import tensorflow as tf

    def photos():
        yield np.zeros((8, 8, 1), np.uint8), 0
        yield np.zeros((9, 8, 1), np.uint8), 1

    kind = tf.TensorSpec((None, None, 1), tf.uint8), tf.TensorSpec((), tf.int32)
    with pytest.raises(DatasetError, match=r"different shapes, such as \(8, 8, 1\) and \(9, 8, 1\)"):
        read_dataset(tf.data.Dataset.from_generator(photos, output_signature=kind))


def test_a_shuffled_stream_has_one_order_in_memory(started):
    import tensorflow as tf

    images, labels = read_into_memory(tf.data.Dataset.from_tensor_slices((IMAGES, np.arange(10))).shuffle(10))
    assert (images == IMAGES[labels]).all()


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
