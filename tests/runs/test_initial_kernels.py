import zipfile

import numpy as np
import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.initial_kernels import find_initial_kernel, read_initial_kernels, save_initial_kernels


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


def test_a_model_without_a_convolution_has_none(tmp_path):
    run = RunDirectory(tmp_path)
    save_initial_kernels(run, None)
    assert list(tmp_path.iterdir()) == []
    assert read_initial_kernels(run) == {}


def test_a_broken_file_is_explained(tmp_path):
    run = RunDirectory(tmp_path)
    run.initial_kernels_file.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(RunError, match=r"Cannot read .*initial_kernels\.npz: File is not a zip file\. Delete it"):
        read_initial_kernels(run)


@pytest.mark.parametrize(
    "arrays",
    [{"conv_1": np.zeros((3, 3, 1), np.float32)}, {"conv_1": np.zeros((3, 3, 1, 2))}, {"conv_1": np.array(None)}],
    ids=["shape", "type", "object"],
)
def test_other_arrays_are_refused(tmp_path, arrays):
    run = RunDirectory(tmp_path)
    np.savez(run.initial_kernels_file, allow_pickle=True, **arrays)
    with pytest.raises(RunError, match=r"must hold finite float32 kernels|object, not plain numbers"):
        read_initial_kernels(run)


def test_kernels_that_are_not_finite_are_refused(tmp_path):
    run = RunDirectory(tmp_path)
    np.savez(run.initial_kernels_file, conv_1=np.full((3, 3, 1, 2), np.nan, np.float32))
    with pytest.raises(RunError, match="must hold finite float32 kernels"):
        read_initial_kernels(run)


def test_an_array_that_claims_more_than_it_holds_is_refused(tmp_path):
    run = RunDirectory(tmp_path)
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1024, 1024, 1024, 1024), }"
    with zipfile.ZipFile(run.initial_kernels_file, "w") as archive:
        archive.writestr("conv_1.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(RunError, match=r"claims 4096\.0 GiB for the shape \(1024, 1024, 1024, 1024\)"):
        read_initial_kernels(run)


def test_a_kernel_is_found_by_its_layer_and_must_fit_it(trained_run):
    kernel = find_initial_kernel(trained_run, "conv_1", (3, 3, 1, 4))
    np.testing.assert_array_equal(kernel, read_initial_kernels(trained_run)["conv_1"])
    assert find_initial_kernel(trained_run, "conv_2", (3, 3, 4, 8)) is None
    with pytest.raises(RunError, match=r"kernels of shape \(3, 3, 1, 4\).* have shape \(5, 5, 1, 4\)"):
        find_initial_kernel(trained_run, "conv_1", (5, 5, 1, 4))
