"""The look of training images is measured, and pictures are brought to it."""

import numpy as np
import pytest
from PIL import Image

from keras_cnn_course.datasets.fitting import fit_image
from keras_cnn_course.datasets.images import resize_images
from keras_cnn_course.datasets.measuring import measure_appearance


@pytest.fixture(scope="module")
def writing(digits):
    return digits.x_train[:300]


def save(path, image):
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(path)
    return path


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize(("size", "channels"), [(28, 1), (28, 3), (20, 1), (48, 3)])
def test_the_look_of_centered_writing_is_measured_and_its_images_stay_as_they_are(
    writing, tmp_path, light, size, channels
):
    images = np.repeat(resize_images(writing, (size, size)), channels, axis=3)
    images = 255 - images if light else images
    look = measure_appearance(images)
    assert (look.ground, look.placing, look.colors) == ("light" if light else "dark", "centered", False)
    kept = 0
    for number, image in enumerate(images[:40]):
        fitted = fit_image(save(tmp_path / f"{number}.png", image), (size, size, channels), look)
        kept += np.array_equal(fitted.pixels, image)
    assert kept >= 38  # of some, the box is another by more than a pixel: those are prepared once more


@pytest.mark.parametrize("light", [False, True])
def test_a_drawing_receives_the_ground_size_and_box_of_the_training_images(writing, tmp_path, light):
    padded = np.pad(writing, ((0, 0), (4, 4), (4, 4), (0, 0)))
    images = 255 - padded if light else padded
    look = measure_appearance(images)
    drawing = np.full((120, 90, 1), 230, np.uint8)
    drawing[20:100, 40:52] = 25
    fitted = fit_image(save(tmp_path / "one.png", drawing), (36, 36, 1), look)
    ink = 255 - fitted.pixels if light else fitted.pixels
    rows = np.flatnonzero(ink[..., 0].max(axis=1) > 128)
    assert (rows[0], rows[-1]) == (8, 26)  # the box of the embedded digits, 19 pixels
    assert fitted.how.endswith("dark on light" if light else "light on dark")


def test_pictures_of_other_things_are_only_resized(tmp_path):
    clothes = np.random.default_rng(0).integers(90, 256, (50, 28, 28, 1), dtype=np.uint8)
    clothes[:, :2] = clothes[:, -2:] = clothes[:, :, :1] = clothes[:, :, -1:] = 0
    look = measure_appearance(clothes)
    assert look.placing == "free"
    fitted = fit_image(save(tmp_path / "a.png", clothes[0]), (28, 28, 1), look)
    np.testing.assert_array_equal(fitted.pixels, clothes[0])
    shirt = np.full((60, 50, 1), 240, np.uint8)
    fitted = fit_image(save(tmp_path / "b.png", shirt), (28, 28, 1), look)
    assert fitted.how == "resized to 28x28"
    assert "is light, and that of the training images is dark" in fitted.warning


def test_writing_of_any_size_and_place_is_not_taken_for_centered(writing):
    generator = np.random.default_rng(1)
    images = np.zeros((300, 56, 56, 1), np.uint8)
    for image, digit in zip(images, writing, strict=True):
        top, left = generator.integers(0, 28, 2)
        image[top : top + 28, left : left + 28] = digit
    assert measure_appearance(images).placing == "free"


def test_files_of_few_levels_are_read_as_the_training_data_were(writing, tmp_path):
    look = measure_appearance(writing)
    levels = np.round(writing[3] / 255 * 16).astype(np.uint8)
    fitted = fit_image(save(tmp_path / "few.png", levels), (28, 28, 1), look, pixel_range=(0, 16))
    np.testing.assert_allclose(fitted.pixels, writing[3], atol=8)  # 16 levels


def test_writing_that_may_not_be_one_plain_digit_comes_with_a_warning(writing, tmp_path):
    look = measure_appearance(writing)
    drawing = np.full((160, 140, 1), 230, np.uint8)
    drawing[30:110, 66:76] = 25
    drawing[30:40, 40:76] = 25
    assert fit_image(save(tmp_path / "seven.png", drawing), (28, 28, 1), look).warning == ""
    drawing[122:128, 30:90] = 25
    warning = fit_image(save(tmp_path / "line.png", drawing), (28, 28, 1), look).warning
    assert warning.startswith(f"{tmp_path / 'line.png'}: There is a line below the digit.")
