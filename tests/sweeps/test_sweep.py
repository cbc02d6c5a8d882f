import csv
import hashlib
import json
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.sweeps.local import LocalExecutor

TIMES = ("fit_seconds", "images_per_second")


def results(run):
    metrics = {name: value for name, value in run.read_metrics().items() if name not in TIMES}
    return metrics, [np.asarray(weight) for weight in run.load_model("best").weights]


def assert_equal(first, second):
    (metrics, weights), (other_metrics, other_weights) = results(first), results(second)
    assert metrics == other_metrics
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(weights, other_weights, strict=True))


def statuses(sweep):
    return {outcome.trial.name: outcome.status for outcome in sweep.states.values()}


def rows(sweep):
    return list(csv.DictReader(sweep.folder.table_file.read_text().splitlines()))


@pytest.mark.slow
def test_a_trial_is_the_run_that_kcnn_train_trains(started, run, tmp_path):
    sweep = run(LocalExecutor(2), "softmax", grid={"epochs": ("2",)}, seeds=2)
    assert statuses(sweep) == {"softmax-epochs=2-seed=0": "finished", "softmax-epochs=2-seed=1": "finished"}
    directory = RunDirectory.open(tmp_path / "sweep" / "runs" / "softmax-epochs=2-seed=1")
    words = shlex.split(directory.read_record().command)
    assert words[:2] == ["kcnn", "train"]
    command = [sys.executable, "-m", "keras_cnn_course", *words[1:], "--out", str(tmp_path / "alone"), "--quiet"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert_equal(directory, RunDirectory.open(tmp_path / "alone"))


def test_the_table_has_a_row_a_trial(run, moody):
    sweep = run(LocalExecutor(2), moody, grid={"units": ("1", "4", "5")})
    first, failed, killed = rows(sweep)
    metrics = RunDirectory.open(sweep.folder.path / "runs" / "moody-units=1-seed=0").read_metrics()
    assert (first["run"], first["recipe"], first["units"], first["seed"]) == ("moody-units=1-seed=0", "moody", "1", "0")
    assert (first["status"], first["error"], first["threads"]) == ("finished", "", "1")
    assert {name: float(first[name]) for name in ("test_accuracy", "test_loss", "val_accuracy", *TIMES)} == {
        name: metrics[name] for name in ("test_accuracy", "test_loss", "val_accuracy", *TIMES)
    }
    assert (failed["status"], failed["test_accuracy"]) == ("failed", "")
    assert failed["error"].endswith("moody.py, line 18: ValueError: four units are too many")
    assert (killed["status"], killed["error"]) == (
        "failed",
        "Its process crashed or was killed, perhaps for lack of memory. Try fewer runs at a time.",
    )


@pytest.mark.slow
def test_what_has_finished_stays_and_more_can_be_asked_for(run, make_sweep, moody, tmp_path):
    sweep = run(LocalExecutor(2), moody, grid={"units": ("1", "2")})
    assert statuses(sweep) == {"moody-units=1-seed=0": "finished", "moody-units=2-seed=0": "failed"}
    record = tmp_path / "sweep" / "runs" / "moody-units=1-seed=0" / "run.json"
    before = record.stat().st_mtime_ns
    again = make_sweep(moody, grid={"units": ("1", "2")}, seeds=2)
    assert [trial.name for trial in again.left] == [
        *("moody-units=2-seed=0", "moody-units=1-seed=1", "moody-units=2-seed=1")
    ]
    sweep = run(LocalExecutor(2), moody, grid={"units": ("1", "2")}, seeds=2)
    assert set(statuses(sweep).values()) == {"finished"}
    assert record.stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_trial_that_was_stopped_goes_on_from_its_checkpoint(started, run, make_sweep, tmp_path):
    sweep = make_sweep("softmax", grid={"epochs": ("150", "1")})
    history = sweep.folder.run_path(sweep.trials[0]) / "history.csv"
    with LocalExecutor(1) as executor:
        ended = list(sweep.run(executor, should_stop=history.exists))
    assert [outcome.status for outcome in ended] == ["interrupted"]
    assert statuses(sweep) == {"softmax-epochs=150-seed=0": "interrupted", "softmax-epochs=1-seed=0": "waiting"}
    assert [row["status"] for row in rows(sweep)] == ["interrupted", "waiting"]
    assert list((history.parent / "checkpoint").iterdir())
    run(LocalExecutor(1), "softmax", grid={"epochs": ("150",)})
    run(LocalExecutor(1), "softmax", grid={"epochs": ("150",)}, out="undisturbed")
    stopped = RunDirectory.open(history.parent)
    assert len(stopped.read_record().resumed) == 1
    assert_equal(stopped, RunDirectory.open(tmp_path / "undisturbed" / "runs" / stopped.name))


@pytest.mark.slow
@pytest.mark.parametrize(
    "grid",
    [
        {"epochs": ("1",)},
        {"augment": ("auto", "none"), "epochs": ("1",)},
        {"epochs": ("1",), "min_steps": ("12",)},  # two epochs of 6 steps
    ],
)
def test_values_that_depend_on_the_data_set_do_not_keep_a_sweep_from_continuing(run, make_sweep, tmp_path, grid):
    softmax = find_recipe("softmax").text
    assert softmax.count('augment="none"') == 1
    recipe = tmp_path / "automatic.py"
    recipe.write_text(softmax.replace('augment="none"', 'augment="auto"'))
    assert set(statuses(run(LocalExecutor(1), str(recipe), grid=grid)).values()) == {"finished"}
    assert make_sweep(str(recipe), grid=grid).left == []


OWN_HYPERPARAMETERS = """
@dataclass(frozen=True, kw_only=True)
class Own(kcnn.Hyperparameters):
    use_bias: bool = True
    seed: int = 7


HYPERPARAMETERS = Own("""


@pytest.mark.slow
def test_a_recipe_with_hyperparameters_of_its_own_can_be_continued(run, make_sweep, tmp_path):
    text = find_recipe("softmax").text.replace("\nHYPERPARAMETERS = kcnn.Hyperparameters(", OWN_HYPERPARAMETERS)
    recipe = tmp_path / "own.py"
    recipe.write_text(text.replace("import keras\n", "from dataclasses import dataclass\n\nimport keras\n", 1))
    grid = {"use_bias": ("true", "false"), "epochs": ("1",)}
    assert set(statuses(run(LocalExecutor(2), str(recipe), grid=grid)).values()) == {"finished"}
    again = make_sweep(str(recipe), grid=grid, seeds=2)
    assert [trial.seed for trial in again.left] == [1, 1]


@pytest.fixture
def finished(trained_run, digits, make_sweep):
    """A function that makes a sweep in which a run is there already, its run.json changed."""

    def make(**conditions):
        sweep = make_sweep("softmax", **conditions)
        path = sweep.folder.run_path(sweep.trials[0])
        if not path.exists():
            path.mkdir(parents=True)
            record = {**json.loads((trained_run.path / "run.json").read_text()), "recipe": "softmax"}
            softmax = find_recipe("softmax")
            record["recipe_sha256"] = hashlib.sha256(softmax.text.encode()).hexdigest()
            (path / "run.json").write_text(json.dumps({**record, "hyperparameters": softmax.hyperparameters.used()}))
            (path / "metrics.json").write_bytes((trained_run.path / "metrics.json").read_bytes())
        return make_sweep("softmax", **conditions)

    return make


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"precision": "bfloat16"}, "its precision is float32, not bfloat16."),
        ({"device": "gpu"}, "its device is cpu, not gpu."),
    ],
)
def test_a_run_made_under_other_conditions_is_refused(finished, conditions, message):
    assert finished().left == []
    with pytest.raises(RunError) as caught:
        finished(**conditions)
    assert message in str(caught.value)


def test_a_run_of_other_images_is_refused(finished, make_sweep):
    sweep = finished()
    record = sweep.folder.run_path(sweep.trials[0]) / "run.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "dataset_sha256": "f" * 64}))
    with pytest.raises(RunError, match="its data SHA-256 is ffffffff, not"):
        make_sweep("softmax")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cycles": [1, 8]}, r"it was made longer, to 1 \+ 8 epochs"),
        ({"seed": 3}, "its seed is 3, not 0"),
        ({"recipe": "mlp"}, "its recipe is mlp, not softmax"),
        ({"hyperparameters": {"learning_rate": 0.5}}, r"its learning_rate is 0\.5, not "),
        ({"recipe_sha256": "f" * 64}, r"softmax\.py has changed since it was trained"),
        ({"hyperparameters": {"batch_size": 7}}, "its batch_size is 7, not "),
    ],
)
def test_a_run_is_not_taken_for_a_trial_by_its_name(finished, make_sweep, changes, message):
    sweep = finished()
    file = sweep.folder.run_path(sweep.trials[0]) / "run.json"
    record = json.loads(file.read_text())
    if "hyperparameters" in changes:
        changes = {"hyperparameters": {**record["hyperparameters"], **changes["hyperparameters"]}}
    file.write_text(json.dumps({**record, **changes}))
    with pytest.raises(RunError, match=message):
        make_sweep("softmax")


@pytest.mark.slow
def test_another_grid_keeps_the_finished_runs_in_the_table(run):
    first = run(LocalExecutor(1), "softmax", grid={"epochs": ("1", "2")})
    before = rows(first)
    second = run(LocalExecutor(1), "softmax", grid={"batch_size": ("100",), "epochs": ("1",)})
    table = {row["run"]: row for row in rows(second)}
    assert list(table) == [
        *("softmax-batch_size=100-epochs=1-seed=0", "softmax-epochs=1-seed=0", "softmax-epochs=2-seed=0")
    ]
    for row in before:
        kept = table[row["run"]]
        assert {name: kept[name] for name in row} == row
        assert kept["batch_size"] == str(find_recipe("softmax").hyperparameters.batch_size)


@pytest.mark.slow
def test_damaged_runs_do_not_stop_the_others(run, moody):
    sweep = run(LocalExecutor(1), moody, grid={"units": ("1", "6", "7")})
    broken, lost, unmeasured = (sweep.folder.run_path(trial) for trial in sweep.trials)
    (broken / "run.json").write_text("{")
    (lost / "run.json").unlink()
    (unmeasured / "metrics.json").write_text("{")
    sweep = run(LocalExecutor(1), moody, grid={"units": ("1", "6", "7", "8")})
    assert list(statuses(sweep).values()) == ["failed", "failed", "finished", "finished"]
    errors = [outcome.error for outcome in sweep.states.values()]
    assert str(broken / "run.json") in errors[0]
    assert errors[0].endswith(f"Remove {broken} to train this run again.")
    assert errors[1] == (f"{lost} is not a run folder: it has no run.json. Remove it to train this run again.")


def test_a_sweep_continues_without_its_table(finished, make_sweep):
    sweep = finished()
    sweep.folder.table_file.unlink()
    assert make_sweep("softmax").left == []


def test_a_table_in_another_encoding_is_explained(make_sweep):
    make_sweep("softmax").folder.table_file.write_text("run,recipe,seed", encoding="utf-16")
    with pytest.raises(RunError, match=r"sweep\.csv is not UTF-8 text. Save it as such, or delete it"):
        make_sweep("softmax")


def test_a_copy_of_a_recipe_in_another_encoding_is_not_taken_for_the_recipe(make_sweep):
    copy = make_sweep("softmax").folder.recipe_file("softmax")
    copy.write_bytes(copy.read_bytes() + b"# \xff")
    with pytest.raises(RunError, match=r"or its copy in the sweep, .*softmax\.py, has changed since the sweep began"):
        make_sweep("softmax")


@pytest.mark.slow
def test_a_run_that_failed_at_once_is_trained_again_whatever_has_changed(run, finished):
    sweep = finished()
    path = sweep.folder.run_path(sweep.trials[0])
    record = json.loads((path / "run.json").read_text())
    (path / "metrics.json").unlink()
    (path / "run.json").write_text(json.dumps({**record, "status": "failed", "recipe_sha256": "f" * 64}))
    assert statuses(run(LocalExecutor(1), "softmax")) == {"softmax-seed=0": "finished"}
    assert RunDirectory.open(path).read_record().resumed == ()


def test_a_run_that_cannot_be_resumed_names_the_command_that_continues_it_anyway(trained_run, make_sweep):
    from keras_cnn_course.sweeps.trial import train_trial

    sweep = make_sweep("softmax")
    (trial,), path = sweep.trials, sweep.folder.run_path(sweep.trials[0])
    path.mkdir(parents=True)
    record = json.loads((trained_run.path / "run.json").read_text())
    (path / "recipe.py").write_bytes(trained_run.recipe_file.read_bytes())
    (path / "run.json").write_text(json.dumps({**record, "status": "interrupted", "dataset_sha256": "f" * 64}))
    advice = re.escape(f"or use `kcnn train --resume {path} --force` to continue anyway")
    with pytest.raises(RunError, match=rf"data set: SHA-256 ffffffffffff, now .* {advice}"):
        train_trial(trial, sweep.conditions, sweep.folder.path)


def test_a_folder_with_recipes_is_no_sweep(make_sweep, tmp_path):
    (tmp_path / "sweep" / "recipes").mkdir(parents=True)
    with pytest.raises(RunError, match="is not empty and not the folder of a sweep"):
        make_sweep("softmax")
    assert [path.name for path in (tmp_path / "sweep").iterdir()] == ["recipes"]


def test_a_folder_that_is_not_shared_is_explained(run, tmp_path, digits):
    """As on a machine of a cluster that does not see the sweep's folder."""
    from keras_cnn_course.sweeps.design import Conditions, Trial
    from keras_cnn_course.sweeps.trial import train_trial

    with pytest.raises(RunError, match="on this machine"):
        train_trial(Trial("softmax", (), 0), Conditions(dataset="digits", threads=1), tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
