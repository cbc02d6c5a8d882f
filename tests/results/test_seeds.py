from pathlib import Path

import pytest
from scipy import stats

from keras_cnn_course.results.comparison import RunSummary
from keras_cnn_course.results.seeds import compare_pairs, explain_choice, group_by_seed, summarize_seeds


def runs(accuracy):
    """Return a finished run per seed; its validation accuracy is one point below its test accuracy."""
    return [
        RunSummary(
            name=f"run-{seed}",
            path=Path(f"run-{seed}"),
            status="finished",
            settings={"seed": seed},
            results={
                **{"test_accuracy": value, "val_accuracy": value - 0.01, "test_examples": 360},
                **{"parameters": 10, "fit_seconds": float(seed)},
            },
            machine="",
        )
        for seed, value in accuracy.items()
    ]


def test_means_and_intervals_are_those_of_scipy():
    values = {2: 0.97, 0: 0.98, 1: 0.96}
    one = summarize_seeds("cnn", runs(values))
    assert (one.seeds, one.test_accuracy, one.fit_seconds) == ((0, 1, 2), (0.98, 0.96, 0.97), (0.0, 1.0, 2.0))
    assert one.mean == pytest.approx(0.97)
    assert one.val_mean == pytest.approx(0.96)
    expected = stats.t.interval(0.95, 2, loc=0.97, scale=stats.sem(list(values.values())))
    assert one.interval == pytest.approx(expected)


def test_an_interval_ends_where_accuracies_do():
    assert summarize_seeds("cnn", runs({0: 1.0, 1: 0.98})).interval[1] == 1.0
    assert summarize_seeds("cnn", runs({0: 1.0, 1: 0.0})).interval == (0.0, 1.0)


def test_one_seed_has_no_interval():
    one = summarize_seeds("cnn", runs({4: 0.9}))
    assert (one.mean, one.interval) == (0.9, None)


def test_pairs_are_compared_seed_by_seed():
    first, second = {0: 0.90, 1: 0.95, 2: 0.99, 3: 0.5}, {0: 0.91, 1: 0.97, 2: 0.98, 7: 0.5}
    (pair,) = compare_pairs([summarize_seeds("mlp", runs(first)), summarize_seeds("cnn", runs(second))])
    assert (pair.name, pair.against, pair.seeds, pair.wins) == ("cnn", "mlp", (0, 1, 2), 2)
    assert pair.differences == pytest.approx((0.01, 0.02, -0.01))
    paired = stats.ttest_rel([0.91, 0.97, 0.98], [0.90, 0.95, 0.99])
    assert pair.interval == pytest.approx(tuple(paired.confidence_interval(0.95)))
    assert pair.mean == pytest.approx(2 / 300)


def test_groups_without_a_shared_seed_are_left_out():
    first, second = summarize_seeds("mlp", runs({0: 0.9})), summarize_seeds("cnn", runs({1: 0.9}))
    assert compare_pairs([first, second]) == []
    assert compare_pairs([first]) == []


def test_the_best_is_best_over_the_seeds_that_all_have():
    good = summarize_seeds("good", runs({0: 0.97, 1: 0.97, 2: 0.5}))
    lucky = summarize_seeds("lucky", runs({0: 0.96, 1: 0.96}))
    assert explain_choice([good, lucky]) == (
        "Best on the validation images (choose by these, never by the test images): good."
    )
    assert explain_choice([lucky]).endswith(": lucky.")


def test_a_difference_by_rounding_is_none():
    first = summarize_seeds("first", runs({0: 0.985915, 1: 0.978873, 2: 0.978873}))
    second = summarize_seeds("second", runs({0: 0.992958, 1: 0.978873, 2: 0.971831}))
    assert explain_choice([first, second, summarize_seeds("third", runs({0: 0.9, 1: 0.9, 2: 0.9}))]).endswith(
        ": first and second (equally good)."
    )


def test_without_a_shared_seed_none_is_best():
    one, other = (summarize_seeds(str(seed), runs({seed: 0.9})) for seed in range(2))
    assert explain_choice([one, other]).endswith(": none, because no seed is common to all.")


def run(name, *, recipe="cnn", seed=0, accuracy=0.9, **settings):
    results = {"test_examples": 100, "val_accuracy": 0.9, "parameters": 7, "fit_seconds": 1.0}
    results = {} if accuracy is None else {**results, "test_accuracy": accuracy}
    values = {"recipe": recipe, "seed": seed, "threads": seed + 1, **settings}
    return RunSummary(name, Path(name), "finished" if results else "running", values, results, machine="")


def test_runs_that_differ_in_their_seed_only_are_one_group():
    groups = group_by_seed(
        [run("b", seed=1, accuracy=0.92), run("c", recipe="mlp"), run("a", accuracy=0.9), run("d", accuracy=None)]
    )
    assert [(group.name, group.seeds, group.test_accuracy) for group in groups] == [
        ("cnn", (0, 1), (0.9, 0.92)),
        ("mlp", (0,), (0.9,)),
    ]
    assert groups[0].mean == pytest.approx(0.91)


def test_seeds_of_several_machines_are_one_group():
    other = {"machine": "Linux aarch64", "vector instructions": "asimd"}
    (group,) = group_by_seed(
        [run("a", **{"machine": "Linux x86_64", "vector instructions": "avx2"}), run("b", seed=1, **other)]
    )
    assert (group.name, group.seeds) == ("cnn", (0, 1))


def test_a_seed_counts_once():
    (group,) = group_by_seed([run("a", accuracy=0.9), run("b", accuracy=0.9), run("c", seed=1, accuracy=0.8)])
    assert (group.seeds, group.test_accuracy) == ((0, 1), (0.9, 0.8))


def test_groups_of_one_recipe_are_named_by_the_settings_that_differ():
    groups = group_by_seed([run("a", filters=16), run("b", filters=32), run("c", recipe="mlp", filters=None)])
    assert [group.name for group in groups] == ["cnn filters=16", "cnn filters=32", "mlp"]


def test_without_a_finished_run_there_is_no_group():
    assert group_by_seed([run("a", accuracy=None)]) == []
