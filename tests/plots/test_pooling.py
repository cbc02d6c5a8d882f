import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.lecture.pooling import average_pool, find_winners, max_pool
from keras_cnn_course.plots.pooling import plot_pooling
from keras_cnn_course.plots.saving import save_picture


def draw(side=7, *, is_max=True, **options):
    before = np.random.default_rng(5).random((side, side)).astype(np.float32)
    after = max_pool(before) if is_max else average_pool(before)
    windows = [Window(2 * row, 2 * column, 2, 2) for row, column in np.ndindex(*after.shape)]
    winners = [tuple(place) for place in find_winners(before).reshape(-1, 2).tolist()] if is_max else None
    return after, winners, plot_pooling(before, after, windows, name="cnn-001, pool_1", winners=winners, **options)


def circles(axes):
    found = [patch for patch in axes.patches if type(patch).__name__ == "Circle"]
    return sorted((int(circle.center[1]), int(circle.center[0])) for circle in found)


def test_windows_winners_and_unread_pixels_are_drawn(tmp_path):
    after, winners, picture = draw()
    left, right = picture.figure.axes[:2]
    assert circles(left) == sorted(winners)
    assert len(winners) == 9
    hatched = [patch for patch in left.patches if type(patch).__name__ == "Rectangle" and patch.get_hatch()]
    assert len(hatched) == 13
    assert left.images[0].get_clim() == right.images[0].get_clim()
    np.testing.assert_array_equal(np.asarray(right.images[0].get_array()), after)
    assert "13 pixels that no window reads" in " ".join(picture.figure.get_supxlabel().split())
    assert picture.alt == (
        "cnn-001, pool_1: 7x7 numbers become 3x3, the largest number of each 2x2 window; "
        "no window reads 13 of the pixels."
    )
    save_picture(picture, tmp_path / "pooling.svg")


@pytest.mark.slow
@pytest.mark.parametrize("side", [2, 26, 60])
def test_an_average_has_no_winners(side):
    _, _, picture = draw(side, is_max=False)
    assert circles(picture.figure.axes[0]) == []
    assert "Circled" not in picture.figure.get_supxlabel()
    assert "the mean of each 2x2 window" in picture.alt


def test_a_step_shows_the_numbers_so_far():
    _, _, picture = draw(4, step=3)
    right = picture.figure.axes[1]
    assert np.ma.count(right.images[0].get_array()) == 3
    assert picture.figure.get_suptitle().endswith("window 3 of 4")
    assert ", window 3 of 4: " in picture.alt


def test_a_window_that_is_cut_off_at_the_border_does_not_name_the_windows():
    before = np.arange(9.0).reshape(3, 3)
    windows = [Window(0, 0, 2, 2), Window(0, 1, 2, 2), Window(1, 0, 2, 2), Window(0, 0, 3, 3)]
    picture = plot_pooling(before, np.array([[4.0, 5.0], [7.0, 8.0]]), windows, name="pool_1")
    assert "each 3x3 window" in picture.alt


def test_a_feature_map_too_large_for_marks_has_none():
    _, _, picture = draw(100)
    assert picture.figure.axes[0].patches[:] == []
    assert "Circled" not in picture.figure.get_supxlabel()


def test_a_window_of_equal_numbers_has_no_circle():
    before = np.zeros((4, 4))
    before[3, 2] = 9
    windows = [Window(row, column, 2, 2) for row in (0, 2) for column in (0, 2)]
    winners = [(0, 0), (0, 2), (2, 0), (3, 2)]
    figure = plot_pooling(before, max_pool(before), windows, name="pool_1", winners=winners).figure
    assert circles(figure.axes[0]) == [(3, 2)]
    figure = plot_pooling(0 * before, max_pool(0 * before), windows, name="pool_1", winners=winners).figure
    assert "Circled" not in figure.get_supxlabel()


@pytest.mark.parametrize("side", [11, 26])
def test_the_title_is_above_the_titles_of_the_panels(side):
    figure = draw(side)[2].figure
    figure.suptitle("cnn-001 on test image 7 (class 0), pool_1,\nfeature map #4 of 32, 2x2 windows", fontsize=11)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    panels = [axes.title.get_window_extent(renderer).y1 for axes in figure.axes]
    assert max(panels) < figure._suptitle.get_window_extent(renderer).y0
