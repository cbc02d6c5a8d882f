import numpy as np
import pytest

from keras_cnn_course.models.outputs import LayerOutput
from keras_cnn_course.plots.relu import plot_relu


def rectified(shape):
    before = np.random.default_rng(4).normal(size=(1, *shape)).astype(np.float32)
    return LayerOutput("relu_1", "ReLU", np.maximum(before, 0), before)


@pytest.mark.parametrize("shape", [(6, 5, 3), (26, 26, 100), (1, 1, 2), (512,), (3,)])
def test_before_and_after_share_one_scale_about_zero(shape):
    output = rectified(shape)
    picture = plot_relu(output, name="cnn-001 on test image 0")
    left, middle, right = picture.figure.axes[:3]
    limit = np.abs(output.inputs).max()
    assert left.images[0].get_clim() == middle.images[0].get_clim() == (-limit, limit)
    shown = np.ma.compressed(np.ma.masked_invalid(left.images[0].get_array()))
    channels = min(shape[-1], 64 if len(shape) == 3 else 1024)
    np.testing.assert_array_equal(np.sort(shown), np.sort(output.inputs[0, ..., :channels].reshape(-1)))
    share = np.mean(output.inputs < 0)
    assert f"{share:.1%} of {output.inputs.size:,} numbers were negative" in " ".join(
        picture.figure.get_suptitle().split()
    )
    assert f"{share:.1%} are negative and become 0" in picture.alt
    counted = sum(bar.get_height() for bar in right.patches)
    assert counted == output.inputs.size


def test_no_bar_holds_numbers_of_both_signs():
    right = plot_relu(rectified((9, 9, 2)), name="cnn").figure.axes[2]
    for bar in right.patches:
        assert bar.get_x() >= 0 or bar.get_x() + bar.get_width() <= 1e-9
