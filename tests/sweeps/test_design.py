import doctest

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.errors import UsageError
from keras_cnn_course.sweeps import design as module
from keras_cnn_course.sweeps.design import Trial, design_trials, split_values


def design(*recipes, grid=(), seeds=1):
    values = {key: split_values(text) for key, _, text in (assignment.partition("=") for assignment in grid)}
    return design_trials([find_recipe(name) for name in recipes], values, seeds=seeds)


def test_doctests():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("tried", ["8,16", "8, 16", [8, 16], (8, "16"), range(8, 17, 8), np.array([8, 16])])
def test_values_are_given_as_a_text_or_as_a_list(tried):
    assert split_values(tried) == ["8", "16"]


@pytest.mark.parametrize("tried", ["16", 16, np.int64(16), [16]])
def test_a_single_value_is_not_taken_apart(tried):
    assert split_values(tried) == ["16"]


def test_every_combination_seed_by_seed():
    trials = design("mlp", "cnn", grid=["units=8,16", "batch_size=100,200"], seeds=2)
    assert len(trials) == len({trial.name for trial in trials}) == 2 * 2 * 2 * 2
    assert [trial.seed for trial in trials] == [0] * 8 + [1] * 8
    assert [trial.setting for trial in trials[:5]] == [
        "mlp units=8 batch_size=100",
        "mlp units=8 batch_size=200",
        "mlp units=16 batch_size=100",
        "mlp units=16 batch_size=200",
        "cnn units=8 batch_size=100",
    ]
    assert [trial.setting for trial in trials[8:]] == [trial.setting for trial in trials[:8]]


def test_without_a_grid_only_seeds_differ():
    assert design("softmax", seeds=3) == [Trial("softmax", (), seed) for seed in range(3)]
    assert Trial("softmax", (), 2).name == "softmax-seed=2"


def test_a_value_is_written_in_one_way():
    (trial,) = design("cnn", grid=["learning_rate=1e-3"])
    assert trial == Trial("cnn", (("learning_rate", "0.001"),), 0)
    assert trial.name == "cnn-learning_rate=0.001-seed=0"


def test_a_recipe_that_computes_its_values_is_checked_when_it_is_trained(tmp_path):
    text = find_recipe("softmax").text.replace(
        "HYPERPARAMETERS = kcnn.Hyperparameters(", "HYPERPARAMETERS = kcnn.Hyperparameters(units=2 + 2, "
    )
    (tmp_path / "mine.py").write_text(text)
    assert design(str(tmp_path / "mine.py"), grid=["units=08"]) == [Trial("mine", (("units", "08"),), 0)]


@pytest.mark.parametrize(
    ("recipes", "grid", "message"),
    [
        (["cnn"], ["augment=../x"], "A value of augment in a grid can have up to 40 letters"),
        (["cnn"], ["filters=8,"], "got ''."),
        (["cnn"], ["filters=8,08"], "The setting cnn filters=8 is there twice."),
        (["cnn", "cnn"], [], "The setting cnn is there twice."),
        (["cnn"], ["filtres=8"], "Did you mean 'filters'?"),
        (["cnn", "softmax"], ["filters=8"], "no hyperparameter 'filters'."),
        (["cnn"], ["filters=8,many"], "got 'many'"),
        (["cnn"], ["filters=8,0"], "from 1 to 4096; got 0"),
        (
            ["cnn"],
            ["filters=" + ",".join(str(number) for number in range(1, 102))],
            "at most 10,000 runs; this one would have 10,100.",
        ),
    ],
)
def test_what_cannot_be_designed_is_explained(recipes, grid, message):
    with pytest.raises(UsageError) as caught:
        design(*recipes, grid=grid, seeds=100)
    assert message in str(caught.value)
