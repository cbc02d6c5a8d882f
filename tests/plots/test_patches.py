import numpy as np
import pytest

from keras_cnn_course.models.kernels import ConvolutionKernels
from keras_cnn_course.models.patches import FilterPatches, LayerPatches, Patch
from keras_cnn_course.plots.patches import plot_patches
from keras_cnn_course.plots.saving import save_picture

NAMES = ("zero", "a $long$ name of a class")


def layer(filters=3, field=(3, 3), channels=1, count=9, activation=0.5):
    generator = np.random.default_rng(0)
    patches = [
        FilterPatches(
            index,
            tuple(
                Patch(number, number % 2, 0, 0, activation - number, generator.integers(0, 256, (*field, channels)))
                for number in range(count)
            ),
        )
        for index in range(filters)
    ]
    return LayerPatches("conv_1", field, 10_000, tuple(patches))


def kernels(filters=3, channels=1):
    kernel = np.random.default_rng(1).normal(size=(3, 3, channels, filters)).astype(np.float32)
    return ConvolutionKernels("conv_1", kernel, None)


def test_kernel_patches_labels_and_activations_are_all_there():
    found, weights = layer(), kernels()
    picture = plot_patches(found, weights, NAMES, run_name="cnn-001")
    axes = picture.figure.axes[0]
    assert len(axes.images) == 3 * (1 + 9)
    np.testing.assert_array_equal(axes.images[10].get_array(), weights.kernel[:, :, 0, 1])
    np.testing.assert_array_equal(axes.images[12].get_array(), found.filters[1].patches[1].pixels[..., 0])
    limit = np.abs(weights.kernel).max()
    assert {axes.images[number].get_clim() for number in (0, 10, 20)} == {(-limit, limit)}
    assert {axes.images[number].get_clim() for number in (1, 9, 29)} == {(0, 255)}
    written = [text.get_text() for text in axes.texts]
    assert [text for text in written if text.startswith("#")] == ["#0", "#1", "#2"]
    assert written[1:3] == ["zero\n0.50", "a $long…\n-0.50"]
    assert "The largest activation is 0.50, of filter 0 on an image of class zero" in picture.alt


def test_deeper_layers_and_color_are_drawn_without_kernels():
    figure = plot_patches(layer(field=(8, 6), channels=3), kernels(channels=3), NAMES, run_name="deep").figure
    axes = figure.axes[0]
    assert len(axes.images) == 27
    assert axes.images[0].get_array().shape == (8, 6, 3)
    assert len(figure.axes) == 2


def test_of_other_channels_the_first_is_drawn_and_this_is_said():
    found = layer(channels=2)
    figure = plot_patches(found, kernels(channels=2), NAMES, run_name="two").figure
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), found.filters[0].patches[0].pixels[..., 0])
    assert any("Only the first of the 2 channels" in " ".join(text.get_text().split()) for text in figure.texts)


def test_dead_filters_are_marked():
    picture = plot_patches(layer(activation=0.0), kernels(), NAMES, run_name="cnn")
    assert picture.figure.axes[0].texts[0].get_text() == "#0\ndead"
    assert "3 of the filters are dead" in picture.alt


@pytest.mark.slow
@pytest.mark.parametrize(
    ("filters", "field", "count"), [(1, (3, 3), 1), (5, (8, 8), 9), (100, (3, 3), 9), (2, (3, 1), 2)]
)
def test_nothing_is_cut_off(filters, field, count, tmp_path):
    picture = plot_patches(layer(filters, field, count=count), kernels(filters), NAMES, run_name="cnn-001")
    save_picture(picture, tmp_path / "patches.png")
    figure = picture.figure
    assert len(figure.axes[0].images) == min(filters, 40) * (count + 1)
    for artist in (*figure.axes[0].images, *figure.axes[0].texts, *figure.texts, *figure.axes[1:]):
        box = artist.get_tightbbox() if artist in figure.axes else artist.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1
