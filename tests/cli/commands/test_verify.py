import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.runs.directory import RunDirectory


@pytest.fixture
def copy(trained_run, tmp_path):
    shutil.copytree(trained_run.path, tmp_path / "cnn-001")
    return RunDirectory(tmp_path / "cnn-001")


def verify(run, *options):
    return CliRunner().invoke(kcnn, ["verify", str(run.path), "--quiet", *options])


def edit(run, **values):
    path = run.path / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_run_is_reproduced_bit_for_bit(trained_run):
    before = {path.name: path.read_bytes() for path in trained_run.path.rglob("*") if path.is_file()}
    result = verify(trained_run)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        *[["best.keras", "ok"], ["model.keras", "ok"], ["history.csv", "ok"], ["metrics.json", "ok"]],
        ["reproduced", "bit"],
    ]
    assert before == {path.name: path.read_bytes() for path in trained_run.path.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_one_other_bit_is_found(copy):
    model = copy.load_model("best")
    kernel = model.layers[0].kernel.numpy()
    kernel[0, 0, 0, 0] = np.nextafter(kernel[0, 0, 0, 0], np.float32(2))
    model.layers[0].kernel.assign(kernel)
    copy.save_model(model, "best")
    result = verify(copy)
    assert result.exit_code == 1
    assert "best.keras     BAD   1 of 6 differ, the first is conv_1/kernel, by up to" in result.stdout
    assert "could not be reproduced" in result.stderr


@pytest.mark.slow
def test_other_versions_leave_the_band(copy):
    record = copy.read_record()
    edit(copy, versions={**record.versions, "tensorflow": "2.20.0"})
    result = verify(copy)
    assert result.exit_code == 0
    assert "test accuracy  ok" in result.stdout
    assert "bits may differ: tensorflow: 2.20.0, now 2.21" in result.stdout
    assert result.stdout.endswith("reproduced within the expected difference\n")
    copy.write_metrics({**copy.read_metrics(), "test_accuracy": 0.999})
    values = verify(copy, "--json")
    assert values.exit_code == 1
    assert json.loads(values.stdout)["agrees"] is False


@pytest.mark.slow
def test_a_forced_resume_leaves_the_band(copy):
    edit(copy, resumed=[{"time": "", "epochs": 1, "done": 0, "changed": ["threads: 1, now 2"]}])
    result = verify(copy, "--json")
    values = json.loads(result.stdout)
    assert (result.exit_code, values["bit_for_bit"]) == (0, False)
    assert values["reasons"] == ["the run was resumed with a change: threads: 1, now 2"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"status": "interrupted"}, "is interrupted. Finish it with: kcnn train --resume"),
        ({"recipe_sha256": "0" * 64}, "recipe.py: its SHA-256 was 000000000000, now"),
        ({"dataset_sha256": "0" * 64}, "different version of the data set digits: its SHA-256 was 000000000000, now"),
        ({"dataset": "digitz", "dataset_path": "nowhere/digitz.npz"}, "was not found. Looked for nowhere/digitz.npz,"),
        ({"dataset": "digitz"}, "This run was trained on arrays (digitz), which a run folder does not store."),
    ],
)
def test_what_cannot_be_verified_is_explained(started, copy, values, message):
    edit(copy, **values)
    result = verify(copy)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stdout == ""
