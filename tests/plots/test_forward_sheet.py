import numpy as np
import pytest

from keras_cnn_course.models.outputs import LayerOutput
from keras_cnn_course.plots.forward_sheet import plot_forward_sheet
from keras_cnn_course.plots.saving import save_picture

NAMES = tuple("abcdefghij")


def outputs(channels=5, units=40, classes=10):
    generator = np.random.default_rng(0)
    sums = generator.normal(size=(1, 8, 7, channels)).astype(np.float32)
    rectified = np.maximum(sums, 0)
    rectified[..., 1] = 0
    hidden = generator.normal(size=(1, units)).astype(np.float32)
    share = np.full((1, classes), 0.02, np.float32)
    share[0, 3] = 0.8
    flat = rectified.reshape(1, -1)
    return [
        LayerOutput("conv_1", "Conv2D", sums, np.zeros((1, 10, 9, 1))),
        LayerOutput("relu_1", "ReLU", rectified, sums),
        LayerOutput("flatten", "Flatten", flat, rectified),
        LayerOutput("dense_1", "Dense", hidden, flat),
        LayerOutput("classifier softmax", "softmax", share, hidden),
    ]


def image(channels=1):
    return np.random.default_rng(1).integers(0, 256, (10, 9, channels), dtype=np.uint8)


def test_a_row_a_layer_and_a_picture_a_channel():
    found = outputs()
    picture = plot_forward_sheet(image(), found, NAMES, name="cnn-001 on test image 3")
    axes = picture.figure.axes[0]
    # The image, five maps twice, the units of dense_1 as one picture, ten classes.
    assert len(axes.images) == 1 + 5 + 5 + 1 + 10
    np.testing.assert_array_equal(axes.images[1].get_array(), found[0].values[0, :, :, 0])
    limit = np.abs(found[0].values).max()
    assert {axes.images[index].get_clim() for index in range(1, 6)} == {(-limit, limit)}
    assert {axes.images[index].get_clim() for index in range(6, 11)} == {(0, found[1].values.max())}
    written = [text.get_text() for text in axes.texts]
    assert {"image", "conv_1", "relu_1", "dense_1", "classifier softmax"} <= set(written)
    assert "flatten" not in written
    assert "d\n0.800" in written
    assert "to the answer d with 0.8" in picture.alt


def test_silent_channels_are_crossed_out_and_counted():
    picture = plot_forward_sheet(image(), outputs(), NAMES, name="cnn-001")
    assert len(picture.figure.axes[0].lines) == 2
    assert any("1 of 5 silent" in text.get_text() for text in picture.figure.axes[0].texts)
    assert "1 of the 5 channels of relu_1" in picture.alt


@pytest.mark.parametrize(("channels", "units", "colours"), [(2, 3, 1), (64, 512, 3), (200, 2000, 1)])
def test_nothing_is_cut_off(channels, units, colours, tmp_path):
    picture = plot_forward_sheet(image(colours), outputs(channels, units), NAMES, name="a $name$ with signs")
    save_picture(picture, tmp_path / "sheet.png")
    figure = picture.figure
    # Of many channels the first are drawn, and this is said.
    assert any("the first 128 shown" in text.get_text() for text in figure.axes[0].texts) == (channels > 128)
    for artist in (*figure.axes[0].images, *figure.axes[0].texts, *figure.texts, *figure.axes[1:]):
        box = artist.get_tightbbox() if artist in figure.axes else artist.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1
