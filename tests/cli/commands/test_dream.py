import numpy as np
import pytest
from click.testing import CliRunner

import keras_cnn_course as kcnn
from keras_cnn_course.cli import kcnn as command_line


def run(*arguments):
    return CliRunner().invoke(command_line, ["dream", *map(str, arguments)])


@pytest.mark.slow
def test_filters_and_classes_are_dreamed_of_as_the_function_does_it(trained_run, tmp_path):
    result = run(trained_run.path, "--out", tmp_path / "dream.png", "--seed", 1)
    assert result.exit_code == 0, result.output
    filters, first, classes, second, arrays = result.stdout.splitlines()
    assert filters.startswith("conv_1: output before ReLU ")
    assert classes.startswith("classes: logit ")
    assert classes.endswith(" in test images")
    assert (first, second) == (str(tmp_path / "dream.png"), str(tmp_path / "dream_classes.png"))
    assert arrays.startswith(str(tmp_path / "dream.npz"))
    called = kcnn.open_run(trained_run.path).dream(seed=1)
    assert list(called) == ["conv_1", "classes"]
    assert (
        called["classes"].savefig(tmp_path / "called.png").read_bytes() == (tmp_path / "dream_classes.png").read_bytes()
    )
    with np.load(tmp_path / "dream.npz", allow_pickle=False) as stored:
        assert stored["conv_1_images"].shape == (4, 28, 28, 1)
        assert stored["classes_images"].shape == (10, 28, 28, 1)
        assert (stored["classes_dreamed"] > stored["classes_strongest_test"]).all()
        low, high = stored["classes_dreamed"].min(), stored["classes_dreamed"].max()
        assert f"logit {low:.2f} to {high:.2f} in dreamed images" in classes
        for name in called.arrays:
            np.testing.assert_array_equal(stored[name], called.arrays[name])


@pytest.mark.slow
def test_one_filter_or_one_class(trained_run, digits, tmp_path):
    result = run(trained_run.path, "--layer", "conv_1", "--filter", 2, "--out", tmp_path / "filter.svg")
    assert result.exit_code == 0, result.output
    assert "#2" in (tmp_path / "filter.svg").read_text()
    result = run(trained_run.path, "--class", "7", "--out", tmp_path / "seven.svg")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["filter.npz", "filter.svg", "seven.npz", "seven.svg"]
    with np.load(tmp_path / "seven.npz", allow_pickle=False) as stored:
        model = trained_run.load_model("best")
        probabilities = np.asarray(model(stored["classes_images"] / np.float32(255)))
        assert probabilities.argmax() == 7
        # The strongest test image of the class, by the logits that its log probabilities are up to a constant.
        kernel, bias = model.layers[-1].get_weights()
        import keras

        before = np.asarray(keras.Model(model.inputs[0], model.layers[-2].output)(digits.x_test / np.float32(255)))
        logits = before @ kernel[:, 7] + bias[7]
        np.testing.assert_allclose(stored["classes_strongest_test"], [logits.max()], rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layer", "conv_7"), "No convolution named 'conv_7'. Did you mean 'conv_1'? Available: conv_1."),
        (("--layer", "dense_1"), "The layer 'dense_1' has no filters: it is not a Conv2D. Available: conv_1."),
        (("--layer", "conv_1", "--filter", "4"), "The filter of conv_1 must be a whole number from 0 to 3; got 4."),
        (("--filter", "0"), "A filter belongs to a layer. Name the layer with --layer."),
        (("--layer", "conv_1", "--class", "3"), "give one of the two"),
        (("--class", "eleven"), "No class named 'eleven'. Available: 0, 1, 2"),
        (("--out", "dream.npz"), ".png, .svg or .pdf"),
    ],
)
def test_bad_input_writes_nothing(trained_run, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    result = run(trained_run.path, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []
