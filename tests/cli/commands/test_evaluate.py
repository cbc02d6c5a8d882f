import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from keras_cnn_course.cli import kcnn


@pytest.fixture
def run_copy(trained_run, tmp_path):
    return shutil.copytree(trained_run.path, tmp_path / "cnn-007")


@pytest.mark.slow
def test_the_runs_own_test_split_gives_what_training_measured(trained_run, run_copy):
    result = CliRunner().invoke(kcnn, ["evaluate", str(run_copy)])
    assert result.exit_code == 0, result.output
    metrics = trained_run.read_metrics()
    assert f"loss      {metrics['test_loss']:.4f}" in result.stdout
    assert f"accuracy  {metrics['test_accuracy']:.2%} (95% interval " in result.stdout
    assert "360 test images of digits" in result.stdout
    lines = result.stdout.splitlines()
    table = lines.index("") + 1
    assert lines[table].split() == ["class", "precision", "recall", "F1", "images"]
    assert [line.split()[0] for line in lines[table + 1 : table + 11]] == [str(label) for label in range(10)]
    assert sum(int(line.split()[-1]) for line in lines[table + 1 : table + 11]) == 360
    for place, name in ((-3, "confusion.png"), (-2, "mistakes.png"), (-1, "reliability.png")):
        assert lines[place] == str(run_copy / "plots" / name)
        assert (run_copy / "plots" / name).read_bytes()[:4] == b"\x89PNG"


@pytest.fixture(scope="module")
def evaluated(trained_run, tmp_path_factory):
    """What `kcnn evaluate --json` prints, and the folder that it wrote."""
    folder = tmp_path_factory.mktemp("evaluated") / "new"
    result = CliRunner().invoke(kcnn, ["evaluate", str(trained_run.path), "--json", "--out", str(folder)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), folder


@pytest.mark.slow
def test_the_probabilities_are_averaged_over_shifts(trained_run, evaluated, run_copy):
    result = CliRunner().invoke(kcnn, ["evaluate", str(run_copy), "--shifts", "1", "--json"])
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert values["shifts"] == 1
    assert [path.rpartition("/")[2] for path in values["pictures"]][:1] == ["confusion-shifts-1.png"]
    assert values["loss"] != evaluated[0]["loss"]
    assert values["reliability"]["before"]["nll"] == pytest.approx(values["loss"], abs=1e-5)


def test_the_final_model_has_pictures_of_its_own(run_copy):
    done = CliRunner().invoke(kcnn, ["evaluate", str(run_copy), "--which", "final", "--json"])
    pictures = [Path(picture).name for picture in json.loads(done.stdout)["pictures"]]
    assert pictures == ["confusion-final.png", "mistakes-final.png", "reliability-final.png"]


@pytest.mark.parametrize("pixels", ["-1", "4"])
def test_a_shift_out_of_the_image_is_refused(run_copy, pixels):
    result = CliRunner().invoke(kcnn, ["evaluate", str(run_copy), "--shifts", pixels])
    assert result.exit_code == 2
    assert "--shifts must be a whole number from 0 to 3" in result.stderr
    assert not (run_copy / "plots").exists()


def test_json_holds_the_same_and_nothing_else_is_printed(trained_run, evaluated):
    values, folder = evaluated
    metrics = trained_run.read_metrics()
    assert values["accuracy"] == pytest.approx(metrics["test_accuracy"], abs=1e-6)
    # Training computes the loss in batches of another size.
    assert values["loss"] == pytest.approx(metrics["test_loss"], abs=1e-5)
    low, high = values["accuracy_interval"]
    assert low < values["accuracy"] < high
    confusion = np.array(values["confusion"])
    assert confusion.sum() == values["examples"] == 360
    assert len(values["mistakes"]) == 360 - np.trace(confusion)
    assert len(values["mistakes"][0]["guesses"]) == 3
    assert sorted(path.name for path in folder.iterdir()) == [
        "confusion.png",
        "mistakes.png",
        "reliability.png",
    ]


def write_npz(path, *, shape=(28, 28), classes=10, shade=0):
    images = np.full((40, *shape), shade, np.uint8)
    labels = np.arange(40, dtype=np.int64) % classes
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


@pytest.mark.slow
def test_every_data_set_has_pictures_of_its_own(run_copy, tmp_path, monkeypatch):
    for folder in ("elsewhere/own", "own", "other"):
        (tmp_path / folder).mkdir(parents=True)
    own = {"dataset": "own/test.npz", "dataset_path": str(write_npz(tmp_path / "elsewhere" / "own" / "test.npz"))}
    record = json.loads((run_copy / "run.json").read_text())
    (run_copy / "run.json").write_text(json.dumps(record | own))
    monkeypatch.chdir(tmp_path)
    drawn = set()
    for folder, shade in (("own", 0), ("other", 255)):
        path = write_npz(f"{folder}/test.npz", shade=shade)
        result = CliRunner().invoke(kcnn, ["evaluate", str(run_copy), "--dataset", path])
        assert result.exit_code == 0, result.output
        assert "accuracy  10.00%" in result.stdout
        pictures = {file.name for file in (run_copy / "plots").iterdir()}
        assert all(re.fullmatch("(confusion|mistakes|reliability)-test-[0-9a-f]{6}.png", name) for name in pictures)
        assert len(pictures - drawn) == 3
        drawn = pictures


def test_the_result_is_printed_though_no_picture_can_be_written(trained_run, tmp_path):
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "plots")
    result = CliRunner().invoke(kcnn, ["evaluate", str(trained_run.path), "--json", "--out", out])
    assert (result.exit_code, "Cannot write" in result.stderr) == (1, True)
    assert (json.loads(result.stdout)["examples"], json.loads(result.stdout)["pictures"]) == (360, [])


@pytest.mark.slow
def test_a_file_of_test_images_alone_may_lack_classes(run_copy, digits, tmp_path):
    chosen = np.isin(digits.y_test, [3, 8])
    np.savez(tmp_path / "new.npz", x_test=digits.x_test[chosen], y_test=digits.y_test[chosen])
    result = CliRunner().invoke(kcnn, ["evaluate", str(run_copy), "--dataset", str(tmp_path / "new.npz"), "--json"])
    assert result.exit_code == 0, result.output
    confusion = np.array(json.loads(result.stdout)["confusion"])
    assert np.flatnonzero(confusion.sum(axis=1)).tolist() == [3, 8]
    assert confusion.sum() == chosen.sum()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": (20, 28)}, "images are 20x28x1, and the model was trained on 28x28x1"),
        ({"classes": 12}, "the model does not know the classes 10, 11"),
    ],
)
def test_a_data_set_that_does_not_fit_fails(trained_run, tmp_path, changes, message):
    path = write_npz(tmp_path / "other.npz", **changes)
    result = CliRunner().invoke(kcnn, ["evaluate", str(trained_run.path), "--dataset", str(path)])
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stdout == ""


def test_a_named_data_set_that_cannot_fit_is_refused_before_it_is_looked_for(trained_run, monkeypatch, tmp_path):
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path))
    result = CliRunner().invoke(kcnn, ["evaluate", str(trained_run.path), "--dataset", "cifar10"])
    assert result.exit_code == 1
    assert "cifar10 does not fit this run: its images are 32x32x3" in result.stderr


def test_data_that_changed_since_training_are_refused(run_copy):
    record = json.loads((run_copy / "run.json").read_text())
    (run_copy / "run.json").write_text(json.dumps(record | {"dataset_sha256": "0" * 64}))
    result = CliRunner().invoke(kcnn, ["evaluate", str(run_copy)])
    assert result.exit_code == 1
    assert "digits has changed since this run was trained on it" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("images", [1, 5])
def test_a_folder_of_images_is_brought_to_the_size_of_the_model(trained_run, tmp_path, images):
    for label in range(10):
        folder = tmp_path / "photos" / str(label)
        folder.mkdir(parents=True)
        for number in range(images):
            pixels = np.full((30 + number, 50), 20 * label, np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    arguments = ["evaluate", str(trained_run.path), "--dataset", str(tmp_path / "photos"), "--out", str(tmp_path)]
    result = CliRunner().invoke(kcnn, arguments)
    assert result.exit_code == 0, result.output
    assert f"{10 * images} test images" in result.stdout
    mistakes = json.loads(CliRunner().invoke(kcnn, [*arguments, "--json"]).stdout)["mistakes"]
    names = [f"{mistake['true']}/" for mistake in mistakes]
    assert mistakes
    assert [mistake["file"][:2] for mistake in mistakes] == names
    assert len({mistake["file"] for mistake in mistakes}) == len(mistakes)
    assert "so all of its images are tested" in result.stderr


@pytest.mark.slow
def test_a_bad_file_among_the_training_images_does_not_lose_the_result(run_copy, digits, tmp_path):
    np.savez(tmp_path / "new.npz", x_test=digits.x_test, y_test=digits.y_test)
    record = json.loads((run_copy / "run.json").read_text())
    (tmp_path / "photos" / "0").mkdir(parents=True)
    (tmp_path / "photos" / "0" / "cut.png").write_bytes(b"no image")
    record |= {
        "dataset": str(tmp_path / "photos"),
        "dataset_path": str(tmp_path / "photos"),
        "dataset_sha256": "0" * 64,
    }
    (run_copy / "run.json").write_text(json.dumps(record))
    done = CliRunner().invoke(kcnn, ["evaluate", str(run_copy), "--dataset", str(tmp_path / "new.npz")])
    assert done.exit_code == 0, done.output
    assert "The validation images of the run are not at hand" in done.stdout


def test_no_run_fails(tmp_path):
    result = CliRunner().invoke(kcnn, ["evaluate", str(tmp_path)])
    assert result.exit_code == 1
    assert "run folder" in result.stderr


def test_the_reliability_is_measured_on_the_test_images_and_scaled_with_the_validation_images(trained_run, evaluated):
    printed, _ = evaluated
    found = printed["reliability"]
    assert found["before"]["accuracy"] == pytest.approx(printed["accuracy"])
    assert found["before"]["nll"] == pytest.approx(printed["loss"], rel=1e-4)
    assert found["validation_examples"] == trained_run.read_record().val_examples
    assert found["after"]["accuracy"] == found["before"]["accuracy"]
    assert found["temperature"] > 0


@pytest.mark.slow
def test_a_run_on_a_part_of_the_images_finds_its_validation_images_again(started, tmp_path):
    run = str(tmp_path / "part")
    words = ["train", "softmax", "--epochs", "1", "--train-examples", "100", "--out", run]
    assert CliRunner().invoke(kcnn, words).exit_code == 0
    found = json.loads(CliRunner().invoke(kcnn, ["evaluate", run, "--json"]).stdout)["reliability"]
    assert found["validation_examples"] == 100
    assert found["temperature"] > 0


@pytest.mark.slow
def test_without_validation_images_nothing_is_scaled(run_copy, tmp_path):
    record = json.loads((run_copy / "run.json").read_text())
    record["hyperparameters"]["validation_split"] = 0.3  # the images cannot be found again
    (run_copy / "run.json").write_text(json.dumps(record))
    result = CliRunner().invoke(kcnn, ["evaluate", str(run_copy), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "The validation images of the run cannot be found again, so no temperature" in " ".join(
        result.stdout.split()
    )
    assert "temperature 0" not in result.stdout
    assert (tmp_path / "reliability.png").exists()
