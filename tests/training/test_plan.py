import doctest

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError
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


@pytest.mark.parametrize(
    ("recipe", "overrides", "expected"),
    [
        ("cnn", {}, "handwriting"),
        ("deep_cnn", {}, "none"),
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
