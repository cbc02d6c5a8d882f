import numpy as np
import pytest

from keras_cnn_course.plots.forward_sheet import SheetLayer, plot_forward_sheet
from keras_cnn_course.plots.saving import save_picture

NAMES = tuple("abcdefghij")


def layers(channels=5, units=40, classes=10):
    generator = np.random.default_rng(0)
    sums = generator.normal(size=(8, 7, channels)).astype(np.float32)
    rectified = np.maximum(sums, 0)
    rectified[..., 1] = 0
    hidden = generator.normal(size=units).astype(np.float32)
    share = np.full(classes, 0.02, np.float32)
    share[3] = 0.8
    return [
        SheetLayer("conv_1", sums),
        SheetLayer("relu_1", rectified, is_rectified=True),
        SheetLayer("dense_1", hidden),
        SheetLayer("classifier softmax", share),
    ]


def image(channels=1):
    return np.random.default_rng(1).integers(0, 256, (10, 9, channels), dtype=np.uint8)


def test_one_row_per_layer_and_one_pane_per_channel():
    found = layers()
    picture = plot_forward_sheet(image(), found, name="cnn-001 on test image 3", class_names=NAMES)
    axes = picture.figure.axes[0]
    # The image, five maps twice, the units of dense_1 as one picture, ten classes.
    assert len(axes.images) == 1 + 5 + 5 + 1 + 10
    np.testing.assert_array_equal(axes.images[1].get_array(), found[0].values[:, :, 0])
    limit = np.abs(found[0].values).max()
    assert {axes.images[index].get_clim() for index in range(1, 6)} == {(-limit, limit)}
    assert {axes.images[index].get_clim() for index in range(6, 11)} == {(0, found[1].values.max())}
    written = [text.get_text() for text in axes.texts]
    assert {"image", "conv_1", "relu_1", "dense_1", "classifier softmax"} <= set(written)
    assert "d\n0.800" in written
    assert "4 layers, one row per layer, from the image to the answer d with 0.8." in picture.alt


def test_only_the_units_of_the_answer_are_classes():
    *_, hidden, answer = layers(units=10)
    scores = SheetLayer("classifier", np.log(answer.values))
    answer = SheetLayer("classifier softmax", answer.values, is_softmax=True)
    picture = plot_forward_sheet(image(), [hidden, scores, answer], name="mlp-001", class_names=NAMES)
    units = [text.get_text().splitlines()[0] for text in picture.figure.axes[0].texts if "\n" in text.get_text()]
    assert units == [f"#{unit}" for unit in range(10)] + 2 * [*NAMES]


def test_silent_channels_are_crossed_out_and_counted():
    picture = plot_forward_sheet(image(), layers(), name="cnn-001", class_names=NAMES)
    assert len(picture.figure.axes[0].lines) == 2
    assert any("1 of 5 silent" in text.get_text() for text in picture.figure.axes[0].texts)
    assert "1 of the 5 channels of relu_1" in picture.alt


@pytest.mark.slow
@pytest.mark.parametrize(("channels", "units", "colors"), [(2, 3, 1), (3, 30, 3), (64, 512, 3), (200, 2000, 1)])
def test_nothing_is_cut_off(channels, units, colors, tmp_path):
    picture = plot_forward_sheet(image(colors), layers(channels, units), name="a $name$ with signs", class_names=NAMES)
    save_picture(picture, tmp_path / "sheet.png")
    figure = picture.figure
    # The label says so if only the first channels are drawn.
    assert any("the first 128 shown" in text.get_text() for text in figure.axes[0].texts) == (channels > 128)
    for artist in (*figure.axes[0].images, *figure.axes[0].texts, *figure.texts, *figure.axes[1:]):
        box = artist.get_tightbbox() if artist in figure.axes else artist.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1


def test_numbers_are_printed_where_a_pixel_has_room_and_channels_can_be_named():
    values = np.arange(-4, 4).reshape(2, 2, 2)
    found = [SheetLayer("conv", values), SheetLayer("relu", np.minimum(values, 0) * 0, is_rectified=True)]
    image = np.array([[[0], [1]], [[1], [0]]])
    picture = plot_forward_sheet(image, found, name="x", channel_names=("edges", "blur"), brightest=1)
    written = [text.get_text() for text in picture.figure.axes[0].texts]
    assert {"edges", "blur", "-4", "3"} <= set(written)
    assert picture.figure.axes[0].images[0].get_clim() == (0, 1)
    assert picture.alt.endswith(
        "from the image to relu. Silent on this image: 2 of the 2 channels of relu (edges, blur)."
    )


def test_an_image_in_color_is_drawn_in_color_and_a_gray_one_in_gray():
    drawn = plot_forward_sheet(image(3), layers(), name="x", class_names=NAMES).figure.axes[0].images[0]
    np.testing.assert_allclose(np.asarray(drawn.get_array()), image(3) / 255, atol=1e-6)
    gray = plot_forward_sheet(image(1), layers(), name="x", class_names=NAMES).figure.axes[0].images[0]
    assert gray.get_cmap().name == "gray"


def test_a_deep_network_gives_a_picture_that_can_still_be_shown():
    deep = [SheetLayer(f"conv_{number}", np.ones((8, 8, 128), np.float32)) for number in range(20)]
    figure = plot_forward_sheet(image(3), deep, name="x").figure
    assert figure.get_size_inches().max() < 24
    assert sum("the first 16 shown" in text.get_text() for text in figure.axes[0].texts) == 20
