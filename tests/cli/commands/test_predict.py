import csv
import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import keras_cnn_course
from keras_cnn_course.cli import kcnn
from keras_cnn_course.datasets.preparation import prepare_image
from keras_cnn_course.results.prediction import predict_probabilities


@pytest.fixture
def one(tmp_path):
    """A photograph-like picture of a 1, dark on light."""
    pixels = np.full((120, 90), 230, np.uint8)
    pixels[20:100, 40:52] = 25
    path = tmp_path / "one.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def seven(tmp_path):
    """A 7, light on dark, in colour, as JPEG."""
    pixels = np.full((80, 80, 3), (10, 10, 60), np.uint8)
    pixels[10:20, 15:60] = pixels[10:70, 50:60] = (250, 250, 200)
    path = tmp_path / "seven.jpg"
    Image.fromarray(pixels).save(path, quality=95)
    return path


def test_the_three_likeliest_classes_of_each_image_are_shown(trained_run, one, seven):
    result = CliRunner().invoke(kcnn, ["predict", str(trained_run.path), str(one), str(seven)])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [str(one), str(seven)]
    for line, path in zip(lines, (one, seven), strict=True):
        row = predict_probabilities(trained_run.load_model("best"), prepare_image(path, (28, 28, 1))[None])[0]
        expected = [f"{label} {row[label]:.2%}" for label in np.argsort(-row)[:3]]
        assert line.split(maxsplit=1)[1].split("   ") == expected


def test_json_is_a_list(trained_run, one, seven):
    result = CliRunner().invoke(kcnn, ["predict", str(trained_run.path), "--json", str(one), str(seven)])
    assert result.exit_code == 0, result.output
    first, second = json.loads(result.stdout)
    assert (first["image"], second["image"]) == (str(one), str(seven))
    assert len(first["guesses"]) == 3
    assert first["predicted"] == first["guesses"][0]["class"]
    assert first["guesses"][0]["probability"] >= first["guesses"][1]["probability"]


def test_scores_are_no_percentages(trained_run, one, tmp_path):
    run = shutil.copytree(trained_run.path, tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "outputs": "scores"}))
    done = CliRunner().invoke(kcnn, ["predict", str(run), str(one), "--out", str(tmp_path / "answers.csv")])
    assert done.exit_code == 0, done.output
    assert "Note: The model's outputs are not probabilities, so the number of each class is its score." in done.stderr
    answers = keras_cnn_course.open_run(run).predict(one)
    assert "%" not in done.stdout + repr(answers)
    guesses = answers.guesses[str(one)]
    assert f"{guesses[0].label} {guesses[0].probability:.4g}" in done.stdout
    with (tmp_path / "answers.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["score"] == f"{guesses[0].probability:.6f}"
    (printed,) = json.loads(CliRunner().invoke(kcnn, ["predict", str(run), str(one), "--json"]).stdout)
    assert [guess["score"] for guess in printed["guesses"]] == [guess.probability for guess in guesses]


def test_a_warning_is_printed_and_written_with_the_answer(trained_run, seven, tmp_path):
    pixels = np.full((160, 120), 230, np.uint8)
    pixels[20:100, 54:66] = pixels[112:118, 30:90] = 25
    marked, out = tmp_path / "marked.png", tmp_path / "answers.csv"
    Image.fromarray(pixels).save(marked)
    arguments = ["predict", str(trained_run.path), str(seven), str(marked), "--json", "--out", str(out)]
    result = CliRunner().invoke(kcnn, arguments)
    assert result.exit_code == 0, result.output
    assert f"{marked}: There is a line below the digit." in result.stderr
    plain, warned = json.loads(result.stdout)
    assert "warning" not in plain
    assert "line below" in warned["warning"]
    with out.open(newline="") as stream:
        assert ["line below" in row["warning"] for row in csv.DictReader(stream)] == [False, True]


@pytest.mark.parametrize("content", [b"", b"no image", None])
def test_one_that_cannot_be_read_does_not_stop_the_rest(trained_run, one, seven, tmp_path, content):
    broken = tmp_path / "broken.png"
    if content is not None:
        broken.write_bytes(content)
    arguments = ["predict", str(trained_run.path), str(one), str(broken), str(seven)]
    result = CliRunner().invoke(kcnn, arguments)
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == [str(one), str(seven)]
    assert "broken.png" in result.stderr
    assert "1 of 3 images could not be used" in result.stderr
    listed = json.loads(CliRunner().invoke(kcnn, [*arguments, "--json"]).stdout)
    assert ["error" in row for row in listed] == [False, True, False]


def test_the_only_image_is_reported_once(trained_run, tmp_path):
    result = CliRunner().invoke(kcnn, ["predict", str(trained_run.path), str(tmp_path / "none.png")])
    assert result.exit_code == 1
    assert result.stderr.count("none.png") == 1
    assert result.stdout == ""


def test_a_dark_picture_is_scaled_once(trained_run, tmp_path):
    """The run was trained on images from 0 to 100, and on their scale the picture is dark, too."""
    run = tmp_path / "run"
    shutil.copytree(trained_run.path, run)
    record = json.loads((run / "run.json").read_text())
    look = {"appearance": {**record["appearance"], "placing": "free", "box": 1.0}, "pixel_range": [0, 100]}
    (run / "run.json").write_text(json.dumps({**record, **look}))
    Image.fromarray(np.tile(np.linspace(0, 35, 28).astype(np.uint8), (28, 1))).save(tmp_path / "dark.png")
    done = CliRunner().invoke(kcnn, ["predict", str(run), str(tmp_path / "dark.png"), "--json"])
    (guesses,) = keras_cnn_course.open_run(run).predict(tmp_path / "dark.png").guesses.values()
    (row,) = json.loads(done.stdout)
    assert [each["probability"] for each in row["guesses"]] == [guess.probability for guess in guesses]


def test_what_the_model_sees_is_saved(trained_run, one, tmp_path):
    target = tmp_path / "seen.png"
    result = CliRunner().invoke(kcnn, ["predict", str(trained_run.path), str(one), "--save-input", str(target)])
    assert result.exit_code == 0, result.output
    with Image.open(target) as image:
        assert (image.size, image.mode) == ((28, 28), "L")
        np.testing.assert_array_equal(np.asarray(image), prepare_image(one, (28, 28, 1))[..., 0])


def test_several_inputs_go_into_a_folder_and_none_replaces_another(trained_run, one, tmp_path):
    twin = tmp_path / "sub" / "one.png"
    twin.parent.mkdir()
    twin.write_bytes(one.read_bytes())
    folder = tmp_path / "seen"
    arguments = ["predict", str(trained_run.path), str(one), str(twin), str(one), "--save-input", str(folder)]
    result = CliRunner().invoke(kcnn, arguments)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in folder.iterdir()) == ["one-2.png", "one.png"]


def test_a_file_cannot_hold_several_inputs(trained_run, one, seven, tmp_path):
    target = tmp_path / "seen.png"
    result = CliRunner().invoke(
        kcnn, ["predict", str(trained_run.path), str(one), str(seven), "--save-input", str(target)]
    )
    assert result.exit_code == 2
    assert "must name a folder when there are several images" in result.stderr
    assert not target.exists()


def test_an_input_is_saved_as_png_only(trained_run, one, tmp_path):
    result = CliRunner().invoke(
        kcnn, ["predict", str(trained_run.path), str(one), "--save-input", str(tmp_path / "seen.jpg")]
    )
    assert result.exit_code == 2
    assert ".png file or a folder" in result.stderr


def test_an_image_is_needed(trained_run):
    assert CliRunner().invoke(kcnn, ["predict", str(trained_run.path)]).exit_code == 2
