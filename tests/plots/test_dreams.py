import numpy as np

from keras_cnn_course.models.patches import Patch
from keras_cnn_course.plots.dreams import DreamedTile, DreamSheet, plot_dreams


def make_tiles(count, channels=1):
    pixels = np.full((4, 5, channels), 7.0, np.float32)
    patches = tuple(Patch(at, at % 2, 0, 0, 2.0 - at, pixels + 10 * at) for at in range(3))
    return [DreamedTile(f"#{index}", pixels + 100, 3.5 - index, 0.1, patches) for index in range(count)]


def test_each_line_has_the_dream_and_then_the_real_patches_with_their_numbers():
    sheet = DreamSheet("cnn-001", "conv_1", "output before ReLU", 360)
    picture = plot_dreams(make_tiles(3), sheet, ("cat", "a dog with a long name"))
    (axes, bar) = picture.figure.axes
    assert [float(image.get_array()[0, 0]) for image in axes.images[:4]] == [107, 7, 17, 27]
    assert len(axes.images) == 12
    texts = [text.get_text() for text in axes.texts]
    assert texts[:2] == ["#0: dreamed (3.50)", "real: cat (2.00), a dog … (1.00), cat (0.00)"]
    assert bar.get_ylabel() == "pixel"
    assert "2 of them reach a larger output before ReLU than every test image" in picture.alt
    assert "The largest is 3.50, for #0; its strongest test image reaches 2.00." in picture.alt


def test_color_is_drawn_in_color():
    picture = plot_dreams(make_tiles(1, channels=3), DreamSheet("cnn-001", "", "logit", 360), ("cat", "dog"))
    (axes,) = picture.figure.axes
    assert [image.get_array().shape for image in axes.images] == [(4, 5, 3)] * 4


def test_other_channels_and_filters_that_are_not_drawn_are_named():
    picture = plot_dreams(make_tiles(41, channels=2), DreamSheet("cnn-001", "", "logit", 360), ("cat", "dog"))
    assert len(picture.figure.axes[0].images) == 40 * 4
    said = " ".join(text.get_text() for text in picture.figure.texts).replace("\n", " ")
    assert "what excites the classes most" in said
    assert "the first 40 of 41 shown" in said
    assert "Only the first of the 2 channels is drawn." in said
