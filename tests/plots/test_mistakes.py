import numpy as np
import pytest

from keras_cnn_course.plots.mistakes import plot_mistakes
from keras_cnn_course.plots.saving import save_picture
from keras_cnn_course.results.evaluation import Misclassification
from keras_cnn_course.results.prediction import Guess

NAMES = ("cat", "dog", "a bird with a long name")


def mistakes(count: int) -> list[Misclassification]:
    guesses = (Guess(1, 0.9), Guess(0, 0.0998), Guess(2, 0.0002))
    return [Misclassification(index, 0, guesses) for index in range(count)]


def test_of_many_mistakes_24_are_shown_and_this_is_said():
    images = np.random.default_rng(0).integers(0, 256, size=(90, 6, 6, 1), dtype=np.uint8)
    picture = plot_mistakes(images, mistakes(87), NAMES, name="cnn-001 on pets")
    shown = picture.figure.axes[0].images
    assert len(shown) == 24
    assert any("24 of 87 shown" in text.get_text() for text in picture.figure.texts)
    for index in (0, 23):
        np.testing.assert_array_equal(shown[index].get_array(), images[index, :, :, 0])
    assert {image.get_clim() for image in shown} == {(0, 255)}
    assert "24 of the 87 mistakes" in picture.alt
    assert "class cat, predicted as dog with 90.0%" in picture.alt


def test_index_label_and_the_likeliest_three_stand_under_each():
    images = np.zeros((5, 6, 6, 1), np.uint8)
    figure = plot_mistakes(images, mistakes(5)[4:], NAMES, name="cnn-001 on pets").figure
    captions = [text.get_text() for text in figure.axes[0].texts]
    assert captions == ["#4  true cat", "dog  90.0%", "cat  10.0%", "a bird with…  < 0.1%"]


def test_images_of_files_have_the_end_of_their_path():
    files = ("cat/a.png", "cat/IMG_20240101_123456.jpg")
    picture = plot_mistakes(np.zeros((2, 6, 6, 1), np.uint8), mistakes(2), NAMES, name="cnn-001 on pets", files=files)
    captions = [text.get_text() for text in picture.figure.axes[0].texts]
    assert captions[::5] == ["cat/a.png", "…20240101_123456.jpg"]
    assert "image 0 (cat/a.png), class cat" in picture.alt


@pytest.mark.parametrize(("channels", "panes"), [(1, 1), (2, 2), (3, 1)])
def test_color_images_are_one_pane_and_others_one_pane_per_channel(tmp_path, channels, panes):
    images = np.full((4, 6, 6, channels), 200.4, np.float32)
    picture = plot_mistakes(images, mistakes(4), NAMES, name="cnn-001 on pets")
    save_picture(picture, tmp_path / "mistakes.png")
    shown = picture.figure.axes[0].images
    assert len(shown) == 4 * panes
    assert shown[0].get_array().shape == ((6, 6, 3) if channels == 3 else (6, 6))
    assert len(picture.figure.axes) == (1 if channels == 3 else 2)


def test_no_mistakes_is_a_picture_too(tmp_path):
    picture = plot_mistakes(np.zeros((360, 6, 6, 1), np.uint8), [], NAMES, name="cnn-001 on pets")
    save_picture(picture, tmp_path / "mistakes.svg")
    assert "all 360 images are classified correctly" in picture.alt


def test_a_probability_is_never_rounded_to_certainty():
    sure = [Misclassification(0, 0, (Guess(1, 0.99999), Guess(0, 0.00001), Guess(2, 0.0)))]
    figure = plot_mistakes(np.zeros((1, 6, 6, 1), np.uint8), sure, NAMES, name="cnn-001 on pets").figure
    captions = [text.get_text() for text in figure.axes[0].texts]
    assert captions[1:] == ["dog  > 99.9%", "cat  < 0.1%", "a bird with…  < 0.1%"]
