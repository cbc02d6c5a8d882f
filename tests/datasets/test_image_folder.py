"""Folders of pictures."""

import numpy as np
import pytest
from PIL import Image

from keras_cnn_course.datasets.image_folder import load_image_folder
from keras_cnn_course.errors import DatasetError, ImageError


def save(path, value, size=(6, 5), suffix=".png"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, *np.shape(value)), value, np.uint8)).save(path.with_suffix(suffix))


@pytest.fixture
def folder(tmp_path):
    """Ten grey pictures of cats and five of dogs, each with its own tone."""
    for number in range(10):
        save(tmp_path / "pets" / "cat" / f"c{number}", 10 * number)
    for number in range(5):
        save(tmp_path / "pets" / "dog" / f"d{number}", 200 + number)
    return tmp_path / "pets"


def test_class_folders_are_split_by_a_fifth(folder):
    dataset = load_image_folder(folder)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.input_shape == (6, 5, 1)
    assert np.bincount(dataset.y_train).tolist() == [8, 4]
    assert np.bincount(dataset.y_test).tolist() == [2, 1]
    tones = np.concatenate([dataset.x_train, dataset.x_test])[:, 0, 0, 0]
    assert sorted(tones.tolist()) == sorted([*range(0, 100, 10), *range(200, 205)])
    # The label follows the picture.
    assert (dataset.x_train[:, 0, 0, 0][dataset.y_train == 1] >= 200).all()
    assert dataset.sha256 == load_image_folder(folder).sha256


def test_train_and_test_folders_are_kept(folder, tmp_path):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    save(tmp_path / "split" / "test" / "dog" / "x", 7)
    save(tmp_path / "split" / "test" / "cat" / "x", 8)
    dataset = load_image_folder(tmp_path / "split")
    assert len(dataset.x_train) == 15
    assert dataset.x_test[:, 0, 0, 0].tolist() == [8, 7]


def test_a_test_folder_may_lack_a_class_but_not_add_one(folder, tmp_path):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    save(tmp_path / "split" / "test" / "cat" / "x", 8)
    save(tmp_path / "split" / "test" / "horse" / "x", 8)
    with pytest.raises(DatasetError, match=r"classes that .*train lacks: horse"):
        load_image_folder(tmp_path / "split")


def test_one_colour_picture_makes_all_of_them_three_channels(folder):
    save(folder / "cat" / "red", (255, 0, 0))
    dataset = load_image_folder(folder)
    assert dataset.input_shape == (6, 5, 3)
    grey = dataset.x_train[dataset.y_train == 1]
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])


def test_different_sizes_name_both_and_the_remedy(folder):
    save(folder / "dog" / "large", 9, size=(12, 10))
    with pytest.raises(DatasetError, match=r"has 6x5 and .*large\.png has 12x10.*--image-size HEIGHTxWIDTH"):
        load_image_folder(folder)
    assert load_image_folder(folder, image_size=(7, 4)).input_shape == (7, 4, 1)


def test_what_file_managers_leave_is_skipped(folder):
    for name in (".DS_Store", "Thumbs.db", "._c1.png"):
        (folder / "cat" / name).write_bytes(b"\0")
    (folder / ".cache").mkdir()
    assert len(load_image_folder(folder).x_train) == 12


@pytest.mark.parametrize("name", ["notes.txt", "picture.gif"])
def test_other_files_are_named(folder, name):
    (folder / "cat" / name).write_text("x")
    with pytest.raises(DatasetError, match=name):
        load_image_folder(folder)


def test_a_folder_in_a_class_folder_is_named(folder):
    (folder / "cat" / "more").mkdir()
    with pytest.raises(DatasetError, match="more"):
        load_image_folder(folder)


def test_a_broken_picture_is_named(folder):
    (folder / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ImageError, match=r"broken\.png"):
        load_image_folder(folder)


def test_an_empty_class_is_named(folder):
    (folder / "horse").mkdir()
    with pytest.raises(DatasetError, match="none of horse"):
        load_image_folder(folder)


def test_pictures_without_class_folders_are_an_error(tmp_path):
    save(tmp_path / "flat" / "a", 1)
    with pytest.raises(DatasetError, match="no sub-folder"):
        load_image_folder(tmp_path / "flat")


def test_one_picture_a_class_leaves_nothing_to_test_with(tmp_path):
    save(tmp_path / "few" / "a" / "x", 1)
    save(tmp_path / "few" / "b" / "x", 2)
    with pytest.raises(DatasetError, match="too few images: at least one class needs two"):
        load_image_folder(tmp_path / "few")
