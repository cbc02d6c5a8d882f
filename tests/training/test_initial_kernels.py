import numpy as np
import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.runs import RunDirectory
from keras_cnn_course.training.initial_kernels import read_initial_kernels, save_initial_kernels


def test_training_keeps_the_kernels_that_it_began_with(trained_run):
    initial = read_initial_kernels(trained_run)
    trained = trained_run.load_model("final").get_layer("conv_1").get_weights()[0]
    assert list(initial) == ["conv_1"]
    assert initial["conv_1"].shape == trained.shape
    assert initial["conv_1"].dtype == np.float32
    assert np.abs(initial["conv_1"] - trained).max() > 1e-3
    # Keras draws them from Glorot's uniform distribution: 9 inputs and 9 * 4 outputs a kernel.
    limit = np.sqrt(6 / (9 + 9 * 4))
    assert np.abs(initial["conv_1"]).max() <= limit
    assert np.abs(initial["conv_1"]).max() > limit / 2


def test_a_model_without_a_convolution_has_none(started, tmp_path):
    import keras

    run = RunDirectory(tmp_path)
    save_initial_kernels(run, keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]))
    assert list(tmp_path.iterdir()) == []
    assert read_initial_kernels(run) == {}


def test_a_broken_file_is_explained(tmp_path):
    run = RunDirectory(tmp_path)
    run.initial_kernels_file.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(RunError, match=r"initial_kernels\.npz to hold kernels"):
        read_initial_kernels(run)
