import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import keras_cnn_course as kcnn
from keras_cnn_course.cli import kcnn as command_line

MAPS = ["gradient", "smooth_gradient", "integrated_gradients", "grad_cam", "occlusion"]


def run(*arguments):
    return CliRunner().invoke(command_line, ["explain", *map(str, arguments)])


@pytest.mark.slow
def test_a_test_image_is_explained_as_the_function_does_it(trained_run, digits, tmp_path):
    result = run(trained_run.path, 7, "--out", tmp_path / "why.png")
    assert result.exit_code == 0, result.output
    picture, arrays = result.stdout.splitlines()
    assert picture.startswith(
        f"{tmp_path / 'why.png'}: cnn-001 on test image 7 (class {digits.y_test[7]}): where logit"
    )
    assert arrays.startswith(str(tmp_path / "why.npz"))
    assert "Completeness error 0." in result.stderr
    called = kcnn.open_run(trained_run.path).explain(7)
    assert called["evidence"].savefig(tmp_path / "called.png").read_bytes() == (tmp_path / "why.png").read_bytes()
    with np.load(tmp_path / "why.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["image"], digits.x_test[7])
        assert [name for name in stored if name in MAPS] == MAPS
        assert stored["completeness_error"] < 0.01
        for name in MAPS:
            assert stored[name].shape == stored[f"random_{name}"].shape == (28, 28)
            assert not np.array_equal(stored[name], stored[f"random_{name}"])
            np.testing.assert_array_equal(stored[name], called.arrays[name])


@pytest.mark.slow
def test_several_images_and_another_class(trained_run, tmp_path):
    drawing = np.full((60, 40), 250, np.uint8)
    drawing[10:50, 18:23] = 20
    Image.fromarray(drawing).save(tmp_path / "3.png")
    result = run(trained_run.path, 3, tmp_path / "3.png", "--class", "8", "--out", tmp_path / "why.png")
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.glob("why*")} == {
        *("why_3.png", "why_3.npz", "why_3-2.png", "why_3-2.npz"),
    }
    assert result.stdout.count("of class 8 comes from") == 2
    assert "The model's own answer is" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("360",), 2, "at most 359"),
        (("nine.png",), 1, "does not exist"),
        (("nine.png", "--dataset", "digits"), 2, "index of a test image"),
        (("1", "--out", "why.npz"), 2, ".png, .svg or .pdf"),
        (("1", "--class", "eleven"), 2, "No class named 'eleven'. Available: 0, 1, 2"),
        (("1", "--layer", "conv_7"), 2, "No convolution named 'conv_7'. Did you mean 'conv_1'? Available: conv_1."),
        (("1", "--seed", "-1"), 2, "0<=x<=2147483647"),
        ((), 2, "Missing argument"),
    ],
)
def test_bad_input_writes_nothing(trained_run, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    result = run(trained_run.path, *arguments)
    assert result.exit_code == code
    assert said in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []
