"""Keras's own layout, read without trust."""

import zipfile

import numpy as np
import pytest

from keras_cnn_course.datasets import npz
from keras_cnn_course.datasets.npz import load_npz
from keras_cnn_course.errors import DatasetError


def test_what_numpy_saves_is_loaded(tmp_path, arrays):
    np.savez_compressed(tmp_path / "mine.npz", **arrays)
    dataset = load_npz(tmp_path / "mine.npz")
    np.testing.assert_array_equal(dataset.x_test[..., 0], arrays["x_test"])
    np.testing.assert_array_equal(dataset.y_train, arrays["y_train"])
    assert dataset.name == dataset.source == str(tmp_path / "mine.npz")


def test_colour_and_labels_in_a_column(tmp_path, arrays):
    colour = {part: np.stack([arrays[part]] * 3, axis=-1) for part in ("x_train", "x_test")}
    np.savez(tmp_path / "c.npz", **{**arrays, **colour, "y_train": arrays["y_train"][:, np.newaxis]})
    assert load_npz(tmp_path / "c.npz").input_shape == (6, 5, 3)


def test_a_missing_array_is_named_with_those_there(tmp_path, arrays):
    np.savez(tmp_path / "mine.npz", images=arrays["x_train"], x_test=arrays["x_test"])
    with pytest.raises(DatasetError, match="it lacks x_train, y_train, y_test; found images, x_test"):
        load_npz(tmp_path / "mine.npz")


def test_a_file_to_test_a_model_with_may_lack_classes_and_training_images(tmp_path, arrays):
    np.savez(tmp_path / "new.npz", x_test=arrays["x_test"], y_test=[1, 4, 1, 4, 1, 4])
    with pytest.raises(DatasetError, match="it lacks x_train, y_train"):
        load_npz(tmp_path / "new.npz")
    dataset = load_npz(tmp_path / "new.npz", least_classes=1)
    assert dataset.class_names == ("0", "1", "2", "3", "4")
    assert dataset.y_test.tolist() == [1, 4, 1, 4, 1, 4]


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_cut_file_is_an_error_not_a_traceback(tmp_path, arrays, kept):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, **arrays)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(DatasetError, match=r"Cannot read .*mine\.npz: .*\. It must be an \.npz file"):
        load_npz(path)


def test_flipped_bytes_are_an_error(tmp_path, arrays):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, **arrays)
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(content)
    with pytest.raises(DatasetError):
        load_npz(path)


def test_another_kind_of_file_is_an_error(tmp_path):
    (tmp_path / "mine.npz").write_text("not a zip")
    with pytest.raises(DatasetError, match=r"mine\.npz: File is not a zip file\. It must be an \.npz file"):
        load_npz(tmp_path / "mine.npz")


def test_pickled_objects_are_never_loaded(tmp_path, arrays):
    np.savez(tmp_path / "o.npz", **{**arrays, "x_train": np.array([np.zeros(2), "two"], dtype=object)})
    with pytest.raises(DatasetError, match="plain numbers"):
        load_npz(tmp_path / "o.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, arrays):
    """An .npy header that declares 1 TiB over a few bytes."""
    path = tmp_path / "bomb.npz"
    np.savez(path, **{part: array for part, array in arrays.items() if part != "x_train"})
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1024, 1024, 1048576), }"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(DatasetError, match=r"x_train\.npy claims 1024\.0 GiB"):
        load_npz(path)


def test_real_contents_count_as_well(tmp_path, arrays, monkeypatch):
    monkeypatch.setattr(npz, "MAX_BYTES", 100)
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(DatasetError, match=r"it unpacks to [\d,]+ bytes; the limit is 100 bytes"):
        load_npz(tmp_path / "mine.npz")
