import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.runs.directory import RunDirectory


@pytest.fixture
def make_run(started, trained_run, tmp_path):
    """A function that gives a run folder with another model in it."""

    def make(*layers):
        import keras

        model = keras.Sequential([keras.Input((28, 28, 1), name="image"), *layers])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)
        path = tmp_path / "run"
        path.mkdir()
        shutil.copy(trained_run.path / "run.json", path)
        run = RunDirectory.open(path)
        run.save_model(model, "best")
        return run, model

    return make


def test_the_kernels_are_drawn_and_stored(trained_run, tmp_path):
    target = tmp_path / "kernels.png"
    result = CliRunner().invoke(kcnn, ["filters", str(trained_run.path), "--out", str(target)])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "conv_1: 4 kernels of 3x3x1",
        str(target),
        f"{tmp_path / 'kernels.npz'} (conv_1_kernel, conv_1_bias)",
    ]
    assert target.read_bytes()[:4] == b"\x89PNG"
    with np.load(tmp_path / "kernels.npz", allow_pickle=False) as arrays:
        kernel, bias = trained_run.load_model("best").get_layer("conv_1").get_weights()
        np.testing.assert_array_equal(arrays["conv_1_kernel"], kernel)
        np.testing.assert_array_equal(arrays["conv_1_bias"], bias)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kernels.npz", "kernels.png"]


def test_a_deeper_layer_has_a_picture_of_its_own(make_run):
    from keras import layers

    run, _ = make_run(
        layers.Conv2D(5, 3, name="conv_1"),
        layers.Conv2D(6, 5, name="conv_2", use_bias=False),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    )
    result = CliRunner().invoke(kcnn, ["filters", str(run.path)])
    assert result.exit_code == 0, result.output
    assert "conv_2: 6 kernels of 5x5x5" in result.stdout
    assert sorted(path.name for path in (run.path / "plots").iterdir()) == [
        "filters.npz",
        "filters.png",
        "filters_conv_2.png",
    ]
    with np.load(run.path / "plots" / "filters.npz") as arrays:
        assert sorted(arrays) == ["conv_1_bias", "conv_1_kernel", "conv_2_kernel"]


def test_dense_weights_on_pixels_are_drawn_as_images(make_run):
    from keras import layers

    run, model = make_run(layers.Flatten(), layers.Dense(10, activation="softmax", name="classifier"))
    result = CliRunner().invoke(kcnn, ["filters", str(run.path), "--out", str(run.path / "weights.svg")])
    assert result.exit_code == 0, result.output
    assert "classifier: 10 units with weights of 28x28x1" in result.stdout
    with np.load(run.path / "weights.npz") as arrays:
        assert arrays["classifier_images"].shape == (10, 28, 28, 1)
        kernel = model.get_layer("classifier").get_weights()[0]
        np.testing.assert_array_equal(arrays["classifier_images"][3].ravel(), kernel[:, 3])


def test_a_model_with_neither_fails(make_run):
    from keras import layers

    run, _ = make_run(layers.GlobalAveragePooling2D(), layers.Dense(10, activation="softmax"))
    result = CliRunner().invoke(kcnn, ["filters", str(run.path)])
    assert result.exit_code == 1
    assert "has no Conv2D layer, and no dense layer on the pixels" in result.stderr
    assert not (run.path / "plots").exists()


def test_the_final_model_must_be_there(make_run):
    from keras import layers

    run, _ = make_run(layers.Flatten(), layers.Dense(10, activation="softmax"))
    result = CliRunner().invoke(kcnn, ["filters", str(run.path), "--which", "final"])
    assert result.exit_code == 1
    assert "model.keras" in result.stderr


def test_another_format_is_wrong_use(trained_run, tmp_path):
    result = CliRunner().invoke(kcnn, ["filters", str(trained_run.path), "--out", str(tmp_path / "filters.npz")])
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_initial_kernels_are_drawn_where_the_run_has_them(trained_run, tmp_path):
    with_initial = CliRunner().invoke(kcnn, ["filters", str(trained_run.path), "--out", str(tmp_path / "with.svg")])
    assert with_initial.exit_code == 0, with_initial.output
    assert "before training" in (tmp_path / "with.svg").read_text()
    copy = shutil.copytree(trained_run.path, tmp_path / "copy")
    (copy / "initial_kernels.npz").unlink()
    without = CliRunner().invoke(kcnn, ["filters", str(copy), "--out", str(tmp_path / "without.svg")])
    assert without.exit_code == 0, without.output
    assert "before training" not in (tmp_path / "without.svg").read_text()


@pytest.mark.slow
def test_patches_of_every_convolution(make_run):
    from keras import layers

    run, _ = make_run(
        layers.Conv2D(3, 3, name="conv_1"),
        layers.MaxPooling2D(),
        layers.Conv2D(2, 3, name="conv_2"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    )
    result = CliRunner().invoke(kcnn, ["filters", str(run.path), "--patches"])
    assert result.exit_code == 0, result.output
    plots = run.path / "plots"
    assert result.stdout.splitlines()[-4:] == [
        "conv_1: strongest patches of 3x3 pixels",
        str(plots / "patches.png"),
        "conv_2: strongest patches of 8x8 pixels",
        str(plots / "patches_conv_2.png"),
    ]
    assert "360 test images of digits" in result.stderr
    assert (plots / "patches_conv_2.png").read_bytes()[:4] == b"\x89PNG"


def test_patches_go_beside_a_picture_of_another_name(trained_run, tmp_path):
    result = CliRunner().invoke(kcnn, ["filters", str(trained_run.path), "--patches", "--out", str(tmp_path / "k.svg")])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k-patches.svg", "k.npz", "k.svg"]


def test_patches_need_a_convolution(make_run):
    from keras import layers

    run, _ = make_run(layers.Flatten(), layers.Dense(10, activation="softmax", name="classifier"))
    result = CliRunner().invoke(kcnn, ["filters", str(run.path), "--patches"])
    assert result.exit_code == 1
    assert "has no Conv2D layer, so there are no patches" in result.stderr
    assert not (run.path / "plots").exists()


def test_a_data_set_without_patches_is_wrong_use(trained_run):
    result = CliRunner().invoke(kcnn, ["filters", str(trained_run.path), "--dataset", "digits"])
    assert result.exit_code == 2
    assert "--patches" in result.stderr
