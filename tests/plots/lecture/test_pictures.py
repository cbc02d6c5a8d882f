"""Every slide has a picture: its numbers printed, its panels drawn as pixels, nothing cut off."""

from functools import cache

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle, Rectangle

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.contents import SLIDES
from keras_cnn_course.lecture.material import NamedImage, prepare_material
from keras_cnn_course.plots.lecture import STEPWISE, count_steps, plot_slide
from keras_cnn_course.plots.matrix import color_limit


def photograph(height=120, width=150):
    pixels = np.random.default_rng(0).integers(0, 256, size=(height, width, 3))
    return NamedImage("a photograph", pixels[..., 0], pixels)


def material(key, **given):
    shown = photograph() if SLIDES[key].shows_photograph != "never" and "image" not in given else None
    return prepare_material(key, photograph=shown, **given)


@cache
def drawn(key):
    """Return the picture of a slide with its usual material, which several tests look at."""
    return plot_slide(key, material(key))


def numbers(axes):
    """Return the numbers printed on a panel, row by row."""
    printed = sorted((text.get_position()[::-1], text.get_text()) for text in axes.texts)
    return [text for _, text in printed]


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title().startswith(title))


@pytest.mark.slow
@pytest.mark.parametrize("key", SLIDES)
def test_every_slide_is_drawn_and_nothing_is_cut_off(key):
    picture = drawn(key)
    assert picture.alt.endswith(".")
    assert picture.alt[0].isupper()
    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    whole = picture.figure.bbox
    for axes in picture.figure.axes:
        box = axes.get_tightbbox(canvas.get_renderer())
        assert box.x0 >= whole.x0 - 1
        assert box.x1 <= whole.x1 + 1
        assert box.y0 >= whole.y0 - 1
        assert box.y1 <= whole.y1 + 1


@pytest.mark.parametrize("key", [key for key in SLIDES if SLIDES[key].takes_image and key not in ("layer", "block")])
def test_pixels_are_pixels_with_a_bar_and_their_shape_in_the_title(key):
    for figure in (drawn(key).figure, plot_slide(key, material(key, image=photograph(28, 20))).figure):
        images = [axes for axes in figure.axes if axes.images]
        assert images
        for axes in images:
            image = axes.images[0]
            height, width = image.get_array().shape
            assert image.get_interpolation() == "none"
            assert axes.get_aspect() == 1
            assert axes.get_title().endswith(f"{height}x{width}")
            low, high = image.get_clim()
            assert (image.get_cmap().name, low) in (("RdBu", -high), ("cividis", 0), ("gray", 0))
        bars = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
        assert len(bars) == (1 if key == "relu" else len(images))


def test_the_convolution_by_hand_prints_every_number_so_far():
    figure = plot_slide("convolution", material("convolution", filter_text="horizontal-edges"), step=7).figure
    assert figure.get_suptitle() == "Step 7 of 25: output pixel (1, 1)"
    assert numbers(panel(figure, "output")) == ["0", "1", "3", "1", "0", "1", "1"]
    assert numbers(panel(figure, "filter")) == ["-1"] * 3 + ["2"] * 3 + ["-1"] * 3
    assert numbers(panel(figure, "window")) == ["0", "-1", "-1", "2", "2", "2", "-1", "-1", "-1"]
    assert len(numbers(panel(figure, "the lecture's image"))) == 49
    assert "= 1 " in figure.get_supxlabel()
    (window,) = [patch for patch in panel(figure, "the lecture's image").patches if isinstance(patch, Rectangle)]
    assert (window.get_xy(), window.get_width(), window.get_height()) == ((0.5, 0.5), 3, 3)


def test_the_lecture_stops_at_the_start_of_the_second_row():
    assert drawn("convolution").figure.get_suptitle() == "Step 6 of 25: output pixel (1, 0)"


def test_padding_hatches_the_zeros_that_were_added():
    figure = drawn("padding").figure
    hatched = [patch for patch in panel(figure, "same: input").patches if patch.get_hatch()]
    assert len(hatched) == 81 - 49
    assert "7-3+1 = 5" in figure.get_supxlabel()
    assert "9-3+1 = 7" in figure.get_supxlabel()


def test_max_pooling_circles_the_winners_and_hatches_what_is_dropped():
    figure = drawn("max-pooling").figure
    after = panel(figure, "before pooling")
    circles = sorted(patch.center[::-1] for patch in after.patches if isinstance(patch, Circle))
    assert circles == [(0, 1), (0, 2), (3, 0), (3, 3)]
    assert len([patch for patch in after.patches if patch.get_hatch()]) == 9
    assert numbers(panel(figure, "after pooling")) == ["1", "3", "1", "3"]


def test_a_step_of_max_pooling_shows_the_windows_so_far():
    figure = plot_slide("max-pooling", material("max-pooling"), step=2).figure
    assert numbers(panel(figure, "after pooling")) == ["1", "3"]
    assert len([patch for patch in panel(figure, "before pooling").patches if isinstance(patch, Circle)]) == 2


@pytest.mark.parametrize(("key", "size"), [("receptive-field", 4), ("pool-again", 6)])
def test_the_ladder_boxes_what_is_counted_and_dots_what_is_measured(key, size):
    figure = drawn(key).figure
    first = panel(figure, "the lecture's image")
    (box,) = first.patches
    assert (box.get_xy(), box.get_width(), box.get_height()) == ((-0.5, -0.5), size, size)
    (dots,) = first.lines
    assert sorted(zip(np.round(dots.get_ydata()), np.round(dots.get_xdata()), strict=True)) == [
        (row, column) for row in range(size) for column in range(size)
    ]


@pytest.mark.parametrize(("key", "shapes"), [("layer", [(3, 3), (5, 5), (5, 5)]), ("block", [(5, 5), (5, 5), (2, 2)])])
def test_every_kernel_has_its_column_and_the_dead_channel_is_crossed_out(key, shapes):
    picture = drawn(key)
    panels = [axes for axes in picture.figure.axes if axes.images]
    assert [axes.images[0].get_array().shape for axes in panels] == [(7, 7)] + [
        shape for shape in shapes for _ in range(4)
    ]
    assert all(len(numbers(axes)) == axes.images[0].get_array().size for axes in panels)
    crossed = [index for index, axes in enumerate(panels) if axes.lines]
    assert crossed == ([12] if key == "layer" else [8, 12])
    assert "1 of the 4 channels is 0 everywhere after ReLU (sum of nine)" in picture.alt


def _bytes(key):
    figure = drawn(key).figure
    dpi = figure.dpi
    figure.set_dpi(40)  # enough to see a difference
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    figure.set_dpi(dpi)
    return bytes(canvas.buffer_rgba())


@pytest.mark.slow
def test_no_two_slides_have_the_same_picture_and_all_are_landscape():
    assert len({_bytes(key) for key in SLIDES}) == len(SLIDES)
    for key in SLIDES:
        width, height = drawn(key).figure.get_size_inches()
        assert width > height, key


def test_an_image_is_gray_and_a_signed_map_is_colored():
    def colors(key, title):
        return panel(drawn(key).figure, title).images[0].get_cmap().name

    for key in SLIDES:
        figure = drawn(key).figure
        for axes in figure.axes:
            if axes.get_title().startswith(("the lecture's image", "a photograph", "detail", "channel")):
                assert axes.images[0].get_cmap().name == "gray", key
    assert colors("blur", "blur") == "gray"
    assert colors("edges", "horizontal-edges") == "RdBu"
    assert colors("relu", "before") == "RdBu"
    assert colors("max-pooling", "after pooling") == "cividis"
    assert colors("convolution", "filter identity") == "RdBu"


def test_pooling_compares_the_maximum_with_the_average():
    figure = drawn("pooling").figure
    assert numbers(panel(figure, "max pooling")) == ["1", "3", "1", "3"]
    assert numbers(panel(figure, "average pooling")) == ["0.75", "2", "0.5", "1"]
    assert len([patch for patch in panel(figure, "after the filter").patches if patch.get_hatch()]) == 9


def test_relu_says_what_share_it_set_to_zero():
    picture = drawn("relu")
    assert "12.0% of 25 numbers" in picture.figure.get_suptitle()
    assert panel(picture.figure, "before").images[0].get_clim() == panel(picture.figure, "after").images[0].get_clim()


def test_the_flipped_filter_differs_by_twice_the_sobel_output():
    assert "differ by up to 8" in drawn("cross-correlation").alt
    same = plot_slide("cross-correlation", material("cross-correlation", filter_text="horizontal-edges"))
    assert "differ by up to 0" in same.alt


def test_the_networks_show_their_counts():
    figure = drawn("two-blocks").figure
    printed = "\n".join(text.get_text() for axes in figure.axes for text in axes.texts)
    for expected in ("26 x 26 x 32", "18,496 params", "819,200 m-adds", "sees 26x26"):
        assert expected in printed
    alt = drawn("demo").alt
    for total in ("7,850", "407,050", "2,774,858", "843,658"):
        assert total in alt


def test_the_loss_marks_the_examples_on_the_curve():
    axes = drawn("loss").figure.axes[0]
    (examples,) = [line for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(examples.get_ydata(), np.log(1 / np.array(examples.get_xdata())))


def test_photographs_are_colored_to_their_995_point_and_small_maps_exactly():
    values = np.zeros((100, 100))
    values[0, 0], values[1:3] = -1000, 10
    assert color_limit(values, signed=True) == (-10, 10)
    assert color_limit(values[:5, :5], signed=True) == (-1000, 1000)
    assert color_limit(np.zeros((2, 2)), signed=False) == (0, 1)


def test_numbers_are_left_out_where_they_could_not_be_read():
    figure = plot_slide("block", material("block", image=photograph(28, 28))).figure
    printed = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert not any(text.lstrip("-").isdigit() for text in printed)


def test_steps_are_counted_and_checked():
    assert count_steps("convolution", material("convolution")) == 25
    assert count_steps("max-pooling", material("max-pooling")) == 4
    assert count_steps("loss", material("loss")) == 1
    for step in (0, 26):
        with pytest.raises(UsageError, match=f"from 1 to 25; got {step}"):
            plot_slide("convolution", material("convolution"), step=step)
    with pytest.raises(UsageError, match="slide convolution or max-pooling"):
        plot_slide("blur", material("blur"), step=1)
    for key in STEPWISE:
        with pytest.raises(UsageError, match="at most 32x32"):
            plot_slide(key, material(key, image=photograph()), step=1)


@pytest.mark.parametrize(("height", "width", "panels"), [(3, 200, 2), (200, 47, 2), (48, 97, 4)])
def test_only_an_image_with_room_for_it_has_a_detail(height, width, panels):
    figure = plot_slide("edges", material("edges", image=photograph(height, width))).figure
    assert len([axes for axes in figure.axes if axes.images]) == panels


def test_several_dead_channels_are_named_in_the_plural():
    image = NamedImage("black", np.zeros((5, 5), dtype=int), np.zeros((5, 5, 1), dtype=int))
    assert "4 of the 4 channels are 0 everywhere" in plot_slide("layer", material("layer", image=image)).alt
