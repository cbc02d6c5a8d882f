from pathlib import Path

import pytest

from keras_cnn_course.results.comparison import RunSummary
from keras_cnn_course.results.seeds import group_by_seed


def run(name, *, recipe="cnn", seed=0, accuracy=0.9, **settings):
    results = {"test_examples": 100, "val_accuracy": 0.9, "parameters": 7, "fit_seconds": 1.0}
    results = {} if accuracy is None else {**results, "test_accuracy": accuracy}
    values = {"recipe": recipe, "seed": seed, "threads": seed + 1, **settings}
    return RunSummary(name, Path(name), "finished" if results else "running", values, results)


def test_runs_that_differ_in_their_seed_only_are_one_group():
    groups = group_by_seed(
        [run("b", seed=1, accuracy=0.92), run("c", recipe="mlp"), run("a", accuracy=0.9), run("d", accuracy=None)]
    )
    assert [(group.name, group.seeds, group.test_accuracy) for group in groups] == [
        ("cnn", (0, 1), (0.9, 0.92)),
        ("mlp", (0,), (0.9,)),
    ]
    assert groups[0].mean == pytest.approx(0.91)


def test_a_seed_counts_once():
    (group,) = group_by_seed([run("a", accuracy=0.9), run("b", accuracy=0.9), run("c", seed=1, accuracy=0.8)])
    assert (group.seeds, group.test_accuracy) == ((0, 1), (0.9, 0.8))


def test_groups_of_one_recipe_are_told_by_what_differs_between_them():
    groups = group_by_seed([run("a", filters=16), run("b", filters=32), run("c", recipe="mlp", filters=None)])
    assert [group.name for group in groups] == ["cnn filters=16", "cnn filters=32", "mlp"]


def test_without_a_finished_run_there_is_no_group():
    assert group_by_seed([run("a", accuracy=None)]) == []
