from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from keras_cnn_course.models.kernels import ConvolutionKernels, PixelWeights
from keras_cnn_course.plots.filter_matrix import plot_filter_matrix, tile_matrix
from keras_cnn_course.plots.filters import plot_filter_tiles, plot_kernels, plot_pixel_weights
from keras_cnn_course.plots.saving import save_picture


def kernels(channels: int, filters: int, bias: bool = True) -> ConvolutionKernels:
    generator = np.random.default_rng(0)
    kernel = generator.normal(size=(3, 3, channels, filters)).astype(np.float32)
    return ConvolutionKernels("conv_1", kernel, np.linspace(-1, 1, filters, dtype=np.float32) if bias else None)


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_kernel_is_a_tile_on_one_signed_scale(channels):
    layer = kernels(channels, 6)
    figure = plot_kernels(layer, run_name="cnn-001").figure
    images = figure.axes[0].images
    limit = np.abs(layer.kernel).max()
    assert len(images) == 6 * channels
    assert {image.get_clim() for image in images} == {(-limit, limit)}
    assert {image.get_cmap().name for image in images} == {"RdBu"}
    assert {image.get_interpolation() for image in images} == {"none"}
    for number, image in enumerate(images):
        np.testing.assert_array_equal(image.get_array(), layer.kernel[:, :, number % channels, number // channels])
    assert len(figure.axes) == 2  # the tiles and the color bar


def test_index_norm_and_bias_stand_under_each_kernel():
    layer = kernels(1, 5)
    captions = texts(plot_filter_tiles(layer, run_name="cnn-001").figure)
    norm = np.linalg.norm(layer.kernel[..., 3])
    assert f"#3  ‖w‖ {norm:.2f}" in captions
    assert "b +0.500" in captions
    assert len(captions) == 10


def test_a_layer_without_bias_says_so():
    figure = plot_filter_tiles(kernels(3, 5, bias=False), run_name="cnn-001").figure
    assert len(texts(figure)) == 5
    assert any("no bias" in text.get_text() for text in figure.texts)
    assert any("5 kernels of 3x3x3" in text.get_text() for text in figure.texts)


def test_initial_kernels_stand_beside_the_trained_ones():
    layer = kernels(1, 5)
    initial = 3 * layer.kernel[..., ::-1]
    picture = plot_kernels(layer, run_name="cnn-001", initial=initial)
    images = picture.figure.axes[0].images
    assert len(images) == 10
    np.testing.assert_array_equal(images[2].get_array(), initial[:, :, 0, 1])
    np.testing.assert_array_equal(images[3].get_array(), layer.kernel[:, :, 0, 1])
    limit = np.abs(initial).max()
    assert {image.get_clim() for image in images} == {(-limit, limit)}
    before, after = np.linalg.norm(initial[..., 1]), np.linalg.norm(layer.kernel[..., 1])
    assert f"#1  ‖w‖ {before:.2f} → {after:.2f}" in texts(picture.figure)
    furthest = np.linalg.norm((initial - layer.kernel).reshape(-1, 5), axis=0).argmax()
    assert f"training changed kernel {furthest} most" in picture.alt


def test_nothing_is_drawn_outside_the_figure(tmp_path):
    picture = plot_filter_tiles(kernels(1, 32), run_name="cnn-001")
    save_picture(picture, tmp_path / "filters.png")
    figure = picture.figure
    axes = figure.axes[0]
    drawn = [*axes.images, *axes.texts, *axes.findobj(Rectangle), *figure.texts, figure.axes[1]]
    for artist in drawn:
        box = artist.get_tightbbox() if artist is figure.axes[1] else artist.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1


def test_of_very_many_kernels_the_first_are_shown_and_this_is_said():
    figure = plot_kernels(kernels(1, 300), run_name="cnn-001").figure
    assert len(figure.axes[0].images) == 256
    assert any("300 kernels of 3x3x1, the first 256 shown" in text.get_text() for text in figure.texts)


def test_kernels_of_zeros_can_be_drawn(tmp_path):
    layer = ConvolutionKernels("conv_1", np.zeros((3, 3, 1, 2), np.float32), None)
    save_picture(plot_kernels(layer, run_name="zero"), tmp_path / "filters.png")
    layer = ConvolutionKernels("conv_2", np.zeros((1, 1, 8, 2), np.float32), None)
    save_picture(plot_kernels(layer, run_name="zero"), tmp_path / "filters.pdf")


def test_a_deeper_layer_is_a_matrix_ordered_by_norm():
    layer = kernels(7, 5)
    picture = plot_kernels(layer, run_name="deep-001")
    axes = picture.figure.axes[0]
    outputs = np.argsort(-np.linalg.norm(layer.kernel.reshape(-1, 5), axis=0))
    inputs = np.argsort(-np.linalg.norm(layer.kernel.transpose(2, 0, 1, 3).reshape(7, -1), axis=1))
    assert [int(label.get_text()) for label in axes.get_xticklabels()] == outputs.tolist()
    assert [int(label.get_text()) for label in axes.get_yticklabels()] == inputs.tolist()
    shown = np.asarray(axes.images[0].get_array().filled(np.nan))
    # The kernel from the second channel to the third filter, one dot in the middle of each of its weights.
    cell = shown[14 + 2 : 14 + 14 : 4, 28 + 2 : 28 + 14 : 4]
    np.testing.assert_array_equal(cell, layer.kernel[:, :, inputs[1], outputs[2]])
    assert f"Channel {inputs[0]} has the largest weights" in picture.alt
    assert f"filter {outputs[0]}" in picture.alt


def test_a_matrix_that_is_too_large_says_what_it_shows():
    picture = plot_filter_matrix(kernels(70, 130), run_name="big")
    title = picture.figure.axes[0].get_title()
    assert "64 of the channels and 128 of the filters shown" in " ".join(title.split())


def test_the_dots_between_kernels_are_empty():
    tiled = tile_matrix(np.ones((2, 3, 2, 2), np.float32))
    assert tiled.shape == (2 * 8 + 2, 2 * 12 + 2)
    assert np.isnan(tiled[8:10]).all()
    assert np.isnan(tiled[:, 12:14]).all()
    assert np.nansum(tiled) == 4 * 8 * 12


@pytest.mark.parametrize(("units", "shown"), [(10, 10), (100, 64)])
def test_dense_weights_are_shown_by_norm(units, shown):
    images = np.random.default_rng(0).normal(size=(units, 4, 6, 1)).astype(np.float32)
    weights = PixelWeights("dense_1", images, np.zeros(units, np.float32), gives_classes=False)
    figure = plot_pixel_weights(weights, run_name="mlp-001").figure
    assert len(figure.axes[0].images) == shown
    strongest = np.linalg.norm(images.reshape(units, -1), axis=1).argmax()
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), images[strongest, :, :, 0])
    assert any(f"{shown} of {units} units shown" in text.get_text() for text in figure.texts)


def test_units_that_are_classes_are_named_in_order():
    images = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype(np.float32)
    weights = PixelWeights("classifier", images, None, gives_classes=True)
    picture = plot_pixel_weights(weights, run_name="softmax-001", class_names=("cat", "dog", "$owl$"))
    captions = texts(picture.figure)
    assert [caption for caption in captions if caption.startswith("class")] == ["class cat", "class dog", "class $owl$"]
    np.testing.assert_array_equal(picture.figure.axes[0].images[1].get_array(), images[0, :, :, 1])
    assert "all 3 units" in picture.alt


@pytest.mark.parametrize("filters", [4, 32, 256])
def test_a_kernel_on_a_color_image_is_one_patch_in_color(filters, tmp_path):
    layer = replace(kernels(3, filters), reads_image=True)
    figure = plot_kernels(layer, run_name="cnn-001", initial=0 * layer.kernel).figure
    before, after = (figure.axes[0].images[index].get_array() for index in (0, 1))
    assert before.shape == after.shape == (3, 3, 3)
    assert np.unique(np.asarray(before)).tolist() == [128]
    limit = np.abs(layer.kernel).max()
    np.testing.assert_allclose(np.asarray(after), 255 * (0.5 + layer.kernel[..., 0] / (2 * limit)), atol=0.51)
    assert len(figure.axes[0].images) == 2 * min(filters, len(figure.axes[0].images) // 2)
    assert len(figure.axes) == 1  # no color bar


def test_three_channels_of_a_deeper_layer_are_not_colors():
    figure = plot_kernels(kernels(3, 5), run_name="cnn-001").figure
    assert len(figure.axes[0].images) == 15
    assert len(figure.axes) == 2
    assert any("Channels from left to right: 0 to 2." in text.get_text() for text in figure.texts)


@pytest.mark.slow
@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize(("channels", "filters"), [(1, 32), (2, 128), (3, 64), (3, 256), (4, 256), (64, 128), (64, 8)])
def test_a_picture_of_kernels_has_a_sensible_size(channels, filters, pairs):
    layer = kernels(channels, filters)
    picture = plot_kernels(layer, run_name="cnn-001", initial=layer.kernel if pairs else None)
    width, height = picture.figure.get_size_inches()
    assert max(width, height) <= 22
    assert height <= 2.5 * max(width, 5.5)
