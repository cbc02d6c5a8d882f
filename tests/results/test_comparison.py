import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.errors import RunError
from keras_cnn_course.results.comparison import differing_settings, name_machines, summarize_runs
from keras_cnn_course.results.interval import wilson_interval
from keras_cnn_course.results.seeds import group_by_seed
from keras_cnn_course.runs.directory import RunDirectory, RunRecord

METRICS = {
    "test_loss": 0.1,
    "test_accuracy": 0.975,
    "test_examples": 360,
    "parameters": 7850,
    "images_per_second": 1000.0,
    "fit_seconds": 1.5,
    "epochs": 3,
    "best_epoch": 2,
    "val_accuracy": 0.97,
}


@pytest.fixture
def make_run(tmp_path):
    """A function that writes a run folder from JSON and text alone."""

    def make(name, *, source="", metrics=METRICS, hyperparameters=None, **changes):
        run = RunDirectory.create("cnn", tmp_path / name)
        values = {
            "recipe": "cnn",
            "hyperparameters": hyperparameters or {"epochs": 3, "filters": 32},
            "dataset": "digits",
            "dataset_sha256": "a" * 64,
            "input_shape": (28, 28, 1),
            "class_names": ("0", "1"),
            "train_examples": 100,
            "val_examples": 10,
            "seed": 0,
            "command": f"kcnn train --out {name}",
            "device": "cpu",
            "threads": 2,
            "precision": "float32",
            "engine": "compiled",
            "versions": {"keras": "3.15.1"},
            "status": "finished",
            "started": name,
        }
        run.write_record(RunRecord(**(values | changes)))
        run.recipe_file.write_text(source)
        if metrics:
            run.write_metrics(metrics)
        return run.path

    return make


def test_a_run_that_was_made_longer_differs(make_run):
    plain = make_run("plain", hyperparameters={"epochs": 40}, cycles=(40,))
    longer = make_run("longer", seed=1, hyperparameters={"epochs": 2}, cycles=(2, 38))
    shorter = make_run("shorter", seed=2, hyperparameters={"epochs": 2}, cycles=(2,))
    settings = differing_settings(summarize_runs([plain, longer, shorter]))
    assert settings == {"seed": [0, 1, 2], "epochs": [40, 40, 2], "lengthened": [None, "2 + 38 epochs", None]}
    assert len(group_by_seed(summarize_runs([plain, longer, shorter]))) == 3


def test_the_epochs_set_and_those_trained_are_not_called_the_same(make_run):
    paths = [make_run("first"), make_run("second", hyperparameters={"epochs": 60, "patience": 2})]
    result = CliRunner().invoke(kcnn, ["compare", *map(str, paths)])
    assert result.exit_code == 0, result.output
    settings, results = result.stdout.split("\n\n")
    names = {line.split("  ")[0] for line in settings.splitlines()}
    assert names == {"setting", "patience", "epochs at most", "filters"}
    assert [line.split()[-1] for line in results.splitlines()[:3]] == ["epochs", "3", "3"]


DARK = {"ground": "dark", "colors": False, "placing": "centered", "box": 0.7}


def compare(*paths):
    result = CliRunner().invoke(kcnn, ["compare", *map(str, paths)], terminal_width=300)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_runs_of_different_data_are_named_with_the_reason(make_run):
    first = make_run("first", pixel_range=(0, 255), appearance=DARK)
    other = make_run(
        "other",
        dataset_sha256="b" * 64,
        pixel_range=(0, 16),
        appearance={**DARK, "ground": "light"},
        class_names=("cat", "dog"),
    )
    sized = make_run("sized", dataset_sha256="c" * 64, input_shape=(32, 32, 1), pixel_range=(0, 255), appearance=DARK)
    assert compare(first, other).endswith(
        "The accuracies of first and other cannot be compared, because their data sets differ. They differ in pixel "
        "range (0:255, 0:16); ground (dark, light); classes (0, 1, cat, dog)."
    )
    assert compare(first, sized).endswith("They differ in image size (28x28x1, 32x32x1).")
    again = make_run("again", seed=1, pixel_range=(0, 255), appearance=DARK)
    assert "The accuracies of first, again and other cannot be compared" in compare(first, again, other)
    assert "cannot be compared" not in compare(first, again)


def test_a_run_of_version_0_1_does_not_differ_in_what_it_did_not_record(make_run):
    old = make_run("old")
    new = make_run("new", seed=1, pixel_range=(0, 255), appearance=DARK, outputs="probabilities")
    assert differing_settings(summarize_runs([old, new])) == {"seed": [0, 1]}
    other = make_run("other", dataset_sha256="b" * 64)
    assert compare(old, other).endswith("cannot be compared, because their data sets differ.")


def test_logits_and_probabilities_are_a_difference_but_no_setting_of_their_own(make_run):
    first, second = make_run("first", outputs="logits"), make_run("second", seed=1, outputs="probabilities")
    summaries = summarize_runs([first, second])
    assert differing_settings(summaries)["outputs"] == ["logits", "probabilities"]
    assert len(group_by_seed(summaries)) == 1


def test_only_what_differs_is_listed(make_run):
    first = make_run("first")
    second = make_run("second", seed=1, hyperparameters={"epochs": 3, "units": 16}, versions={"keras": "3.15.2"})
    assert differing_settings(summarize_runs([first, second])) == {
        "seed": [0, 1],
        "filters": [32, None],
        "units": [None, 16],
        "keras": ["3.15.1", "3.15.2"],
    }


def test_a_hyperparameter_called_seed_does_not_replace_the_seed_of_the_run(make_run):
    first, second = (make_run(f"run-{seed}", seed=seed, hyperparameters={"seed": 7}) for seed in (0, 1))
    assert differing_settings(summarize_runs([first, second])) == {"seed": [0, 1]}
    assert [group.seeds for group in group_by_seed(summarize_runs([first, second]))] == [(0, 1)]
    other = make_run("other", hyperparameters={"seed": 8})
    assert differing_settings(summarize_runs([first, other])) == {"hyperparameter seed": [7, 8]}


def test_runs_alike_differ_in_nothing(make_run):
    assert differing_settings(summarize_runs([make_run("first"), make_run("second")])) == {}


def test_a_recipe_that_was_changed_under_the_same_name_is_listed(make_run):
    same = [make_run("first", source="a"), make_run("second", source="b")]
    assert list(differing_settings(summarize_runs(same))) == ["recipe source"]
    other = [make_run("third", source="a"), make_run("fourth", source="b", recipe="mlp")]
    assert list(differing_settings(summarize_runs(other))) == ["recipe"]


def test_data_that_changed_under_the_same_name_are_listed(make_run):
    runs = [make_run("first"), make_run("second", dataset_sha256="b" * 64)]
    assert differing_settings(summarize_runs(runs)) == {"data SHA-256": ["aaaaaaaa", "bbbbbbbb"]}
    other = [make_run("third"), make_run("fourth", dataset="mnist", dataset_sha256="b" * 64)]
    assert list(differing_settings(summarize_runs(other))) == ["dataset"]


def test_a_run_without_its_recipe_can_be_compared(make_run):
    path = make_run("first")
    (path / "recipe.py").unlink()
    assert differing_settings(summarize_runs([path, make_run("second", seed=1)]))["seed"] == [0, 1]


def test_results_carry_their_interval(make_run):
    (run,) = summarize_runs([make_run("first")])
    assert run.results["accuracy_interval"] == wilson_interval(351, 360)
    assert run.results["parameters"] == 7850


def test_a_run_that_did_not_finish_has_no_results(make_run):
    (run,) = summarize_runs([make_run("first", metrics=None, status="interrupted")])
    assert (run.status, run.results) == ("interrupted", {})


def test_a_speed_is_stated_with_the_machine(make_run):
    fast = {"versions": {"vector instructions": "avx avx2 avx512f"}, "processor": "Fast 9000"}
    first, second = make_run("first", **fast), make_run("second", seed=1, **fast)
    assert name_machines(summarize_runs([first, second])) == "Trained on: Fast 9000, avx512f, 2 threads."
    single = make_run("single", threads=1, **fast)
    assert name_machines(summarize_runs([single])) == "Trained on: Fast 9000, avx512f, 1 thread."
    third = make_run("third", device="gpu:0", processor="Graphics 1", versions=fast["versions"])
    assert (
        name_machines(summarize_runs([first, third]))
        == "Trained: first on Fast 9000, avx512f, 2 threads; third on gpu:0 (Graphics 1)."
    )


def test_runs_on_two_processors_differ_in_them_and_stay_one_group(make_run):
    runs = summarize_runs([make_run("first", processor="A"), make_run("second", seed=1, processor="B")])
    assert differing_settings(runs)["processor"] == ["A", "B"]
    assert len(group_by_seed(runs)) == 1


def test_a_folder_that_is_no_run_is_reported(tmp_path):
    with pytest.raises(RunError, match="run folder"):
        summarize_runs([tmp_path])
