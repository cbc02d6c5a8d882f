import numpy as np
import pytest

from keras_cnn_course.plots.homework_case import plot_case


def panels(*shapes):
    generator = np.random.default_rng(0)
    return [(f"panel {number}", generator.normal(size=shape)) for number, shape in enumerate(shapes)]


def test_every_array_has_a_panel_with_its_numbers():
    picture = plot_case("relu (seed 5f2a)", panels((3, 4), (5, 2), (3, 4)), "Shape is right.")
    axes = [axis for axis in picture.figure.axes if axis.get_title()]
    assert [axis.get_title().split("\n")[1] for axis in axes] == ["3x4", "5x2", "3x4"]
    assert [len(axis.texts) for axis in axes] == [12, 10, 12]
    assert picture.alt.startswith("relu (seed 5f2a): panel 0, panel 1, panel 2. Shape is right.")


def test_of_a_deep_array_the_first_channel_is_drawn():
    values = np.arange(24.0).reshape(2, 3, 4)
    picture = plot_case("layer", [("image", values)], "")
    axis = picture.figure.axes[0]
    assert "first channel" in axis.get_title()
    assert [text.get_text() for text in axis.texts] == ["0", "4", "8", "12", "16", "20"]


def test_results_that_are_compared_share_their_colors():
    values = np.array([[1.0, -2.0]])
    picture = plot_case("x", [("image", 9 * values), ("yours", values), ("expected", 3 * values)], "")
    limits = {axis.get_title().split("\n")[0]: axis.images[0].get_clim() for axis in picture.figure.axes if axis.images}
    assert limits == {"image": (-18, 18), "yours": (-6, 6), "expected": (-6, 6)}


@pytest.mark.parametrize("count", [1, 9])
def test_many_panels_are_cut_to_what_can_be_seen(count):
    assert len([axis for axis in plot_case("x", panels(*[(2, 2)] * count), "").figure.axes if axis.get_title()]) <= 6
