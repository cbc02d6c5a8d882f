import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from keras_cnn_course.cli import kcnn
from keras_cnn_course.datasets.preparation import prepare_image
from keras_cnn_course.models.outputs import read_layer_outputs


def run(*arguments):
    return CliRunner().invoke(kcnn, ["features", *map(str, arguments)])


@pytest.mark.slow
def test_a_test_image_layer_by_layer(trained_run, digits, tmp_path):
    result = run(trained_run.path, "--image", 7, "--out", tmp_path / "inside.png")
    assert result.exit_code == 0, result.output
    names = ["inside.png", "inside_relu_1.png", "inside_pool_1.png", "inside_dense_1_relu.png"]
    *pictures, arrays = result.stdout.splitlines()
    assert [line.split(": ")[0] for line in pictures] == [str(tmp_path / name) for name in names]
    assert f"test image 7 (class {digits.y_test[7]})" in pictures[0]
    assert arrays.startswith(str(tmp_path / "inside.npz"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "inside.npz"])
    with np.load(tmp_path / "inside.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["image"], digits.x_test[7])
        outputs = read_layer_outputs(trained_run.load_model(), digits.x_test[7:8])
        assert list(stored)[1:] == [output.name.replace(" ", "_") for output in outputs]
        for output in outputs:
            np.testing.assert_array_equal(stored[output.name.replace(" ", "_")], output.values[0])


def test_a_file_is_prepared_as_for_predict(trained_run, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_cnn_course.inspection.drawing._draw_outputs", lambda *_, **__: [])  # not about pictures
    drawing = np.full((60, 40), 250, np.uint8)
    drawing[10:50, 18:23] = 20
    Image.fromarray(drawing).save(tmp_path / "one.png")
    result = run(trained_run.path, "--image", tmp_path / "one.png", "--out", tmp_path / "one-inside.svg")
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "one-inside.npz") as stored:
        np.testing.assert_array_equal(stored["image"], prepare_image(tmp_path / "one.png", (28, 28, 1)))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--image", "360"), 2, "at most 359"),
        (("--image", "nine.png"), 1, "does not exist"),
        (("--image", "nine.png", "--dataset", "digits"), 2, "index of a test image"),
        (("--out", "inside.npz"), 2, ".png, .svg or .pdf"),
    ],
)
def test_bad_input_writes_nothing(trained_run, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    result = run(trained_run.path, *arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []
