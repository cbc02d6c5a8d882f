"""The fixed split."""

import numpy as np

from keras_cnn_course.datasets.splits import stratified_split


def test_parts_are_disjoint_complete_and_in_proportion():
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    train, test = stratified_split(labels)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(100))
    np.testing.assert_array_equal(np.bincount(labels[test]), [10, 6, 4])


def test_the_split_never_changes():
    _, test = stratified_split(np.repeat([0, 1], [10, 10]))
    assert test.tolist() == [2, 8, 13, 15]


def test_the_choice_is_not_the_first_ones():
    _, test = stratified_split(np.zeros(1000, int))
    assert 400 < test.mean() < 600


def test_a_class_of_one_stays_in_training():
    train, test = stratified_split(np.array([0, 1, 1, 1, 1]))
    assert 0 in train
    assert len(test) == 1
