import numpy as np
import pytest

from keras_cnn_course.lecture.receptive_field import Stage
from keras_cnn_course.models.outputs import LayerOutput, find_pooled_map
from keras_cnn_course.plots.pooling import plot_pooling
from keras_cnn_course.plots.saving import save_picture


def pooled(kind="MaxPooling2D", side=7):
    before = np.random.default_rng(5).random((1, side, side, 2)).astype(np.float32)
    windows = before[:, : side // 2 * 2, : side // 2 * 2].reshape(1, side // 2, 2, side // 2, 2, 2)
    after = windows.max(axis=(2, 4)) if kind == "MaxPooling2D" else windows.mean(axis=(2, 4))
    return find_pooled_map(LayerOutput("pool_1", kind, after, before, (Stage(2, stride=2), Stage(2, stride=2))))


def test_windows_winners_and_unread_pixels_are_drawn(tmp_path):
    one = pooled()
    picture = plot_pooling(one, name="cnn-001 on test image 0")
    left, right = picture.figure.axes[:2]
    circles = [patch for patch in left.patches if type(patch).__name__ == "Circle"]
    assert sorted((int(circle.center[1]), int(circle.center[0])) for circle in circles) == sorted(one.clear_winners())
    assert len(circles) == 9
    hatched = [patch for patch in left.patches if type(patch).__name__ == "Rectangle" and patch.get_hatch()]
    assert len(hatched) == 13
    assert left.images[0].get_clim() == right.images[0].get_clim()
    np.testing.assert_array_equal(np.asarray(right.images[0].get_array()), one.after)
    assert "13 pixels that no window reads" in " ".join(picture.figure.get_supxlabel().split())
    save_picture(picture, tmp_path / "pooling.svg")


@pytest.mark.parametrize("side", [2, 26, 60])
def test_an_average_has_no_winners(side):
    picture = plot_pooling(pooled("AveragePooling2D", side), name="cnn-001")
    assert not any(type(patch).__name__ == "Circle" for patch in picture.figure.axes[0].patches)
    assert "the mean of each 2x2 window" in picture.alt
