import doctest

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError, UsageError
from keras_cnn_course.training import plan as module
from keras_cnn_course.training.plan import make_plan, split_validation

LABELS = np.repeat(np.arange(5), [10, 20, 30, 40, 1])


def test_doctests():
    assert doctest.testmod(module).failed == 0


def test_every_image_is_on_one_side():
    train, val = split_validation(LABELS, 0.2, seed=3)
    assert sorted([*train, *val]) == list(range(len(LABELS)))


def test_every_class_gives_its_share_and_keeps_one():
    train, val = split_validation(LABELS, 0.2, seed=3)
    assert np.bincount(LABELS[val], minlength=5).tolist() == [2, 4, 6, 8, 0]
    assert np.bincount(LABELS[train], minlength=5).min() == 1


def test_it_follows_the_seed():
    assert (split_validation(LABELS, 0.2, seed=3)[1] == split_validation(LABELS, 0.2, seed=3)[1]).all()
    assert (split_validation(LABELS, 0.2, seed=3)[1] != split_validation(LABELS, 0.2, seed=4)[1]).any()


def test_single_images_cannot_be_split():
    with pytest.raises(DatasetError, match="5 training images, and no class with two of them"):
        split_validation(np.arange(5), 0.2, seed=0)


@pytest.mark.parametrize("images", [3, 60, 150, 1000])
def test_a_sample_of_sorted_images_has_all_classes(started, images):
    labels = np.repeat(np.arange(3), 2 * images)
    data = Dataset.from_arrays(
        np.zeros((len(labels), 8, 8, 1), np.uint8), labels, np.ones((3, 8, 8, 1), np.uint8), np.arange(3)
    )
    plan = make_plan(
        find_recipe("softmax"), data, overrides={"validation_split": 0.5}, seed=0, precision="float32", backend=started
    )
    sample = plan.sample_training(128)
    assert len(set(sample)) == min(3 * images, 128)
    assert set(labels[sample]) == {0, 1, 2}
    assert set(sample) <= set(plan.train_index)


@pytest.mark.parametrize(
    ("recipe", "overrides", "expected"),
    [
        ("cnn", {}, "handwriting"),
        ("deep_cnn", {}, "handwriting"),
        ("fast_cnn", {}, "none"),
        ("cnn", {"augment": "none"}, "none"),
        ("cnn", {"augment": "shift"}, "shift"),
        ("softmax", {}, "none"),
        ("softmax", {"augment": "auto"}, "handwriting"),
    ],
)
def test_the_data_set_recommends_what_auto_means(started, digits, recipe, overrides, expected):
    def plan(dataset):
        return make_plan(
            find_recipe(recipe), dataset, overrides=overrides, seed=0, precision="float32", backend=started
        )

    assert plan(digits).hyperparameters.augment == expected
    other = Dataset.from_arrays(digits.x_train, digits.y_train, digits.x_test, digits.y_test, name="digits")
    assert plan(other).hyperparameters.augment == overrides.get("augment", "none").replace("auto", "none")


def plan_with(started, digits, *, cycles=(), **overrides):
    settings = {"seed": 0, "precision": "float32", "backend": started, "cycles": cycles}
    return make_plan(find_recipe("cnn"), digits, overrides=overrides, **settings)


def test_every_cycle_of_a_run_that_was_made_longer_ends_with_plain_epochs(started, digits):
    plan = plan_with(started, digits, cycles=(4, 3), plain_epochs=2)
    assert [epoch for epoch in range(1, 8) if plan.is_plain(epoch)] == [3, 4, 6, 7]


def test_fewer_training_images_keep_the_shares_of_the_classes_and_bring_no_more_validation_images(started, digits):
    everything = plan_with(started, digits)
    small, larger = (plan_with(started, digits, train_examples=count) for count in (100, 500))
    assert (small.train_examples, larger.train_examples) == (100, 500)
    assert set(small.train_index) < set(larger.train_index) < set(everything.train_index)
    for plan in (small, larger):
        assert len(plan.val_index) == min(plan.train_examples, len(everything.val_index))
        assert set(plan.val_index) <= set(everything.val_index)
        share = plan.train_examples / everything.train_examples
        counts, whole = (np.bincount(digits.y_train[one.train_index], minlength=10) for one in (plan, everything))
        assert (abs(counts - share * whole) < 1).all()
    assert small.epochs == small.recipe.hyperparameters.epochs_for(100)


def test_more_steps_than_there_can_be_epochs_for_are_refused_by_their_name(started, digits):
    images = plan_with(started, digits).train_examples
    with pytest.raises(UsageError, match=rf"^min_steps=1000000 would take [\d,]+ epochs of {images:,} images; at most"):
        plan_with(started, digits, epochs=1, min_steps=1_000_000, batch_size=1000)


@pytest.mark.parametrize("count", [9, 1_000_000])
def test_a_number_of_images_that_is_not_there_is_refused(started, digits, count):
    with pytest.raises(UsageError, match=rf"from 10, one image per class, to the \d+ .* of digits .*; got {count}\."):
        plan_with(started, digits, train_examples=count)
