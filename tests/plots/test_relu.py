import numpy as np
import pytest

from keras_cnn_course.plots.relu import plot_relu


def draw(shape):
    before = np.random.default_rng(4).normal(size=shape).astype(np.float32)
    return before, plot_relu(before, np.maximum(before, 0), name="cnn-001 on test image 0, relu_1")


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 3), (26, 26, 100), (1, 1, 2), (512,), (3,)])
def test_before_and_after_share_one_scale_about_zero(shape):
    before, picture = draw(shape)
    left, middle, right = picture.figure.axes[:3]
    limit = np.abs(before).max()
    assert left.images[0].get_clim() == middle.images[0].get_clim() == (-limit, limit)
    shown = np.ma.compressed(np.ma.masked_invalid(left.images[0].get_array()))
    np.testing.assert_array_equal(
        np.sort(shown), np.sort(before[..., :64].reshape(-1) if len(shape) == 3 else before.reshape(-1))
    )
    assert left.get_title() == "before ReLU\n" + "x".join(map(str, shape))
    share = np.mean(before < 0)
    title = " ".join(picture.figure.get_suptitle().split())
    assert title.startswith("cnn-001 on test image 0, relu_1: ")
    assert f"{share:.1%} of {before.size:,} numbers are negative" in title
    assert f"{share:.1%} are negative and become 0" in picture.alt
    counted = sum(bar.get_height() for bar in right.patches)
    assert counted == before.size


def test_no_bar_holds_numbers_of_both_signs():
    right = draw((9, 9, 2))[1].figure.axes[2]
    for bar in right.patches:
        assert bar.get_x() >= 0 or bar.get_x() + bar.get_width() <= 1e-9


@pytest.mark.parametrize("before", [np.array([[-4.0, 0], [0, -3]]), np.zeros((2, 2))])
def test_zeros_stay_the_same_also_if_no_number_is_larger(before):
    figure = plot_relu(before, np.maximum(before, 0), name="edges").figure
    stays = [bar for bar in figure.axes[2].patches if bar.get_x() >= 0]
    assert sum(bar.get_height() for bar in stays) == (before == 0).sum()


def test_the_numbers_of_a_small_feature_map_are_printed():
    before = np.array([[-4, 1], [0, 3]])
    left, middle, right = plot_relu(before, np.maximum(before, 0), name="edges").figure.axes[:3]
    assert [text.get_text() for text in left.texts] == ["-4", "1", "0", "3"]
    assert [text.get_text() for text in middle.texts] == ["0", "1", "0", "3"]
    assert right.get_yscale() == "linear"


def test_a_few_extreme_pixels_of_a_photograph_leave_the_others_their_colors():
    before = np.ones((100, 100))
    before[0, 0] = -1000
    figure = plot_relu(before, np.maximum(before, 0), name="photograph").figure
    assert figure.axes[0].images[0].get_clim() == (-1, 1)
    assert "99.5th percentile" in figure.get_supxlabel()
