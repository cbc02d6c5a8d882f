"""The fixed split."""

from itertools import pairwise

import numpy as np
import pytest

from keras_cnn_course.datasets.splits import stratified_part, stratified_split


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


def share_like_seats(sizes, count):
    """Return the numbers of examples per class by the method of Sainte-Lague, one seat after the other."""
    seats = [1] * len(sizes)
    while sum(seats) < count:
        quotients = [size / (2 * taken + 1) if taken < size else 0 for size, taken in zip(sizes, seats, strict=True)]
        seats[int(np.argmax(quotients))] += 1
    return seats


@pytest.mark.parametrize("count", [4, 5, 17, 100, 777, 1003, 1004])
def test_a_part_has_every_class_in_proportion(count):
    sizes = (512, 300, 128, 64)
    labels = np.random.default_rng(1).permutation(np.repeat(range(4), sizes))
    part = stratified_part(labels, count, seed=3)
    assert np.bincount(labels[part], minlength=4).tolist() == share_like_seats(sizes, count)
    assert set(part) <= set(stratified_part(labels, 1004, seed=3)) == set(range(1004))


def test_a_larger_part_contains_the_smaller_one_and_the_seed_chooses():
    labels = np.repeat([0, 1, 2], [70, 7, 1])
    parts = [set(stratified_part(labels, count, seed=0)) for count in range(3, 79)]
    assert all(smaller < larger for smaller, larger in pairwise(parts))
    assert set(stratified_part(labels, 20, seed=1)) != parts[17]
