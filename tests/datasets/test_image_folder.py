"""Folders of pictures."""

import shutil

import numpy as np
import pytest
from PIL import Image

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.images import read_image
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
    dataset = Dataset.from_folder(folder)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.input_shape == (6, 5, 1)
    assert np.bincount(dataset.y_train).tolist() == [8, 4]
    assert np.bincount(dataset.y_test).tolist() == [2, 1]
    tones = np.concatenate([dataset.x_train, dataset.x_test])[:, 0, 0, 0]
    assert sorted(tones.tolist()) == sorted([*range(0, 100, 10), *range(200, 205)])
    # The label follows the picture.
    assert (dataset.x_train[:, 0, 0, 0][dataset.y_train == 1] >= 200).all()
    assert dataset.sha256 == Dataset.from_folder(folder).sha256


def test_each_image_has_its_file(folder, tmp_path):
    def check(dataset, root):
        for images, files in ((dataset.x_train, dataset.files_train), (dataset.x_test, dataset.files_test)):
            assert len(images) == len(files)
            for image, file in zip(images, files, strict=True):
                np.testing.assert_array_equal(image, read_image(root / file))

    check(Dataset.from_folder(folder), folder)
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    save(tmp_path / "split" / "test" / "dog" / "x", 7)
    split = Dataset.from_folder(tmp_path / "split")
    check(split, tmp_path / "split")
    assert split.files_test == ("test/dog/x.png",)


def test_train_and_test_folders_are_kept(folder, tmp_path):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    save(tmp_path / "split" / "test" / "dog" / "x", 7)
    save(tmp_path / "split" / "test" / "cat" / "x", 8)
    dataset = Dataset.from_folder(tmp_path / "split")
    assert len(dataset.x_train) == 15
    assert dataset.x_test[:, 0, 0, 0].tolist() == [8, 7]


def test_a_test_folder_may_lack_a_class_but_not_add_one(folder, tmp_path):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    save(tmp_path / "split" / "test" / "cat" / "x", 8)
    save(tmp_path / "split" / "test" / "horse" / "x", 8)
    with pytest.raises(DatasetError, match=r"classes that the training images lack: horse"):
        Dataset.from_folder(tmp_path / "split")


def test_one_colour_picture_makes_all_of_them_three_channels(folder):
    save(folder / "cat" / "red", (255, 0, 0))
    dataset = Dataset.from_folder(folder)
    assert dataset.input_shape == (6, 5, 3)
    grey = dataset.x_train[dataset.y_train == 1]
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])


def test_different_sizes_name_both_and_the_remedy(folder):
    save(folder / "dog" / "large", 9, size=(12, 10))
    with pytest.raises(DatasetError, match=r"has 6x5 and .*large\.png has 12x10.*`image_size=\(height, width\)`"):
        Dataset.from_folder(folder)
    assert Dataset.from_folder(folder, image_size=(7, 4)).input_shape == (7, 4, 1)


def test_entries_without_images_are_left_out_counted_and_named(folder):
    for name in (".DS_Store", "Thumbs.db", "._c1.png", "notes.txt", "picture.xcf", "\x1b[2J.txt"):
        (folder / "cat" / name).write_bytes(b"\0")
    for name in (".cache", "__MACOSX", "@eaDir", "dog/@eaDir"):
        (folder / name).mkdir()
    (folder / "README.md").write_text("pets")
    dataset = Dataset.from_folder(folder)
    assert dataset.class_names == ("cat", "dog")
    assert len(dataset.x_train) == 12
    note = dataset.notes[-1]
    assert note.startswith("Left out 11 entries without images")
    assert note.isprintable()
    assert "README.md" in note


def test_notes_name_the_fifth_that_is_tested(folder):
    assert Dataset.from_folder(folder).notes == (
        f"{folder} has no train and test folders, so a fixed fifth of its images, 3 of 15, are the test images.",
    )


def test_a_class_with_one_image_is_trained_and_not_tested_and_a_note_says_so(folder):
    save(folder / "fox" / "f", 150)
    dataset = Dataset.from_folder(folder)
    assert dataset.num_classes == 3
    assert dataset.notes[1:] == (f"{folder} has no test images of fox.",)


def test_a_folder_in_a_class_folder_is_named(folder):
    (folder / "cat" / "more").mkdir()
    with pytest.raises(DatasetError, match=r"'cat/more' .* is not an image file"):
        Dataset.from_folder(folder)


@pytest.mark.parametrize(("train", "test"), [("Train", "Test"), ("training", "testing"), ("TRAIN", "test")])
def test_parts_may_be_named_as_people_name_them(folder, tmp_path, train, test):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / train)
    save(tmp_path / "split" / test / "dog" / "x", 207)
    dataset = Dataset.from_folder(tmp_path / "split")
    assert (len(dataset.x_train), len(dataset.x_test)) == (15, 1)
    assert dataset.notes == (f"{tmp_path / 'split'} has no test images of cat.",)


@pytest.mark.parametrize("name", ["val", "Valid", "validation", "dev"])
def test_a_validation_folder_is_tested_or_named(folder, tmp_path, name):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    save(tmp_path / "split" / name / "dog" / "x", 207)
    dataset = Dataset.from_folder(tmp_path / "split")
    assert dataset.x_test[:, 0, 0, 0].tolist() == [207]
    assert dataset.notes[0] == (
        f"{tmp_path / 'split'} has no test folder, so the images in {name} are the test images."
    )
    save(tmp_path / "split" / "test" / "cat" / "x", 9)
    dataset = Dataset.from_folder(tmp_path / "split")
    assert dataset.x_test[:, 0, 0, 0].tolist() == [9]
    assert "are not used: the validation images are chosen from the training images" in dataset.notes[0]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training_set", "test_set"),
        ("train", "eval"),
        ("training", "evaluation"),
        ("train_images", "test_images"),
        ("trainset", "testset"),
        ("train", "test1"),
        ("seg_train", "seg_test"),
        ("seg_train/seg_train", "seg_test/seg_test"),
    ],
)
def test_parts_may_have_the_names_of_downloads(folder, tmp_path, train, test):
    for name in ("cat", "dog"):
        save(tmp_path / "split" / test / name / "x", 207)
    (tmp_path / "split" / train).parent.mkdir(exist_ok=True)
    folder.rename(tmp_path / "split" / train)
    dataset = Dataset.from_folder(tmp_path / "split")
    assert (len(dataset.x_train), len(dataset.x_test)) == (15, 2)
    assert dataset.notes == ()
    assert dataset.files_test == (f"{test}/cat/x.png", f"{test}/dog/x.png")


@pytest.mark.parametrize("other", ["evaluation", "test1", "seg_test"])
def test_a_folder_called_test_comes_before_one_with_a_longer_name(folder, tmp_path, other):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    for number, part in enumerate(("test", other)):
        for name in ("cat", "dog"):
            save(tmp_path / "split" / part / name / "x", 200 + number)
    dataset = Dataset.from_folder(tmp_path / "split")
    assert dataset.x_test[:, 0, 0, 0].tolist() == [200, 200]
    assert dataset.notes == (f"Left out 1 entry with images, outside of the folders that are read: {other}.",)


def test_two_folders_of_one_part_are_refused(folder, tmp_path):
    (tmp_path / "split").mkdir()
    folder.rename(tmp_path / "split" / "train")
    for part in ("eval", "test_set"):
        save(tmp_path / "split" / part / "cat" / "x", 200)
    with pytest.raises(DatasetError, match=r"has two folders of test images, eval and test_set\. Keep one"):
        Dataset.from_folder(tmp_path / "split")


def test_images_that_are_in_no_class_are_named(folder):
    save(folder / "loose", 9)
    assert Dataset.from_folder(folder).notes[1:] == (
        "Left out 1 entry with images, outside of the folders that are read: loose.png.",
    )


@pytest.mark.parametrize(("train", "test"), [("train", "test1"), ("train_images", "test_images")])
def test_parts_without_classes_are_no_classes(tmp_path, train, test):
    for part in (train, test):
        for number in range(5):
            save(tmp_path / "flat" / part / str(number), 100)
    with pytest.raises(DatasetError, match=rf"{train} must have one .* Move its images into one folder per class"):
        Dataset.from_folder(tmp_path / "flat")


def test_parts_without_a_training_part_are_no_classes(tmp_path):
    for part in ("val", "test"):
        for number in range(5):
            save(tmp_path / "flat" / part / str(number), 100)
    with pytest.raises(DatasetError, match=r"no classes, because .* parts of a data set: test, val\. .* train/cat"):
        Dataset.from_folder(tmp_path / "flat")


def test_the_inner_folder_is_named(folder, tmp_path):
    (tmp_path / "download" / "archive").mkdir(parents=True)
    folder.rename(tmp_path / "download" / "archive" / "train")
    with pytest.raises(DatasetError, match=r"Did you mean .*download/archive, which has the folders train\?"):
        Dataset.from_folder(tmp_path / "download")
    with pytest.raises(DatasetError, match=r"Did you mean .*archive/train, which has the folders cat, dog\?"):
        Dataset.from_folder(tmp_path / "download" / "archive")


def test_a_class_called_train_is_no_part(folder):
    save(folder / "train" / "t", 100)
    assert Dataset.from_folder(folder).class_names == ("cat", "dog", "train")


def test_class_names_that_are_numbers_sort_as_numbers(tmp_path):
    for number in range(13):
        for copy in range(2):
            save(tmp_path / "numbers" / str(number) / str(copy), 100 + number)
    dataset = Dataset.from_folder(tmp_path / "numbers")
    assert dataset.class_names == tuple(map(str, range(13)))
    assert (dataset.x_train[:, 0, 0, 0] - 100 == dataset.y_train).all()


def test_classes_of_a_model_keep_their_order_and_may_be_missing(folder):
    assert Dataset.from_folder(folder, class_names=("dog", "cat")).class_names == ("dog", "cat")
    shutil.rmtree(folder / "cat")
    assert Dataset.from_folder(folder, class_names=("cat", "dog")).class_names == ("dog",)


def test_classes_that_differ_in_the_encoding_of_an_accent_are_refused(tmp_path):
    for name in ("caf\u00e9", "cafe\u0301", "tea"):
        save(tmp_path / "drinks" / name / "x", 9)
    with pytest.raises(DatasetError, match="two folders called caf\u00e9, with the accents stored in two ways"):
        Dataset.from_folder(tmp_path / "drinks")


@pytest.mark.parametrize("high", [1, 15, 16])
def test_images_that_look_black_are_asked_about(tmp_path, high):
    for name in ("a", "b"):
        for number in range(5):
            save(tmp_path / "black" / name / str(number), high)
    with pytest.raises(DatasetError, match=rf"look black.*\(0, {high}\)"):
        Dataset.from_folder(tmp_path / "black")
    assert Dataset.from_folder(tmp_path / "black", pixel_range=(0, high)).x_train.max() == 255


def test_a_folder_of_black_images_is_refused(folder):
    for file in folder.rglob("*.png"):
        save(file, 0)
    with pytest.raises(DatasetError, match=r"All images in .*pets are black"):
        Dataset.from_folder(folder)


def test_dark_images_of_10_bits_stay_dark_beside_light_ones(tmp_path):
    for name, largest in (("dark", 200), ("light", 1000)):
        (tmp_path / name).mkdir()
        for number in range(2):
            ramp = np.linspace(0, largest, 24).astype(np.uint16).reshape(4, 6)
            Image.fromarray(ramp).save(tmp_path / name / f"{number}.png")
    dataset = Dataset.from_folder(tmp_path)
    brightest = {
        name: dataset.x_train[dataset.y_train == label].max() for label, name in enumerate(dataset.class_names)
    }
    assert brightest == {"dark": round(200 / 1023 * 255), "light": round(1000 / 1023 * 255)}


def test_a_broken_picture_is_named(folder):
    (folder / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ImageError, match=r"broken\.png"):
        Dataset.from_folder(folder)


def test_an_empty_class_is_named(folder):
    (folder / "horse").mkdir()
    with pytest.raises(DatasetError, match="no training image of horse"):
        Dataset.from_folder(folder)


def test_pictures_without_class_folders_are_an_error(tmp_path):
    save(tmp_path / "flat" / "a", 100)
    with pytest.raises(DatasetError, match="no sub-folder"):
        Dataset.from_folder(tmp_path / "flat")


def test_one_picture_a_class_leaves_nothing_to_test_with(tmp_path):
    save(tmp_path / "few" / "a" / "x", 100)
    save(tmp_path / "few" / "b" / "x", 100)
    with pytest.raises(DatasetError, match="too few images: at least one class needs two"):
        Dataset.from_folder(tmp_path / "few")
