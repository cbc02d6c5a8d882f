import numpy as np
import pytest

from keras_cnn_course.lecture.receptive_field import Stage
from keras_cnn_course.models.outputs import LayerOutput, find_pooled_map
from keras_cnn_course.plots.layers import plot_layer_outputs, plot_layer_pooling, plot_layer_relu


def rectified():
    before = np.random.default_rng(4).normal(size=(1, 6, 7, 3)).astype(np.float32)
    return LayerOutput("relu_1", "ReLU", np.maximum(before, 0), before)


def test_layers_that_only_rearrange_numbers_are_left_out():
    relu = rectified()
    flat = relu.values.reshape(1, -1)
    outputs = [relu, LayerOutput("flatten", "Flatten", flat, relu.values), LayerOutput("dense", "Dense", -flat, flat)]
    picture = plot_layer_outputs(np.full((6, 7, 1), 255, np.uint8), outputs, (), name="cnn-001")
    written = {text.get_text() for text in picture.figure.axes[0].texts}
    assert {"relu_1", "dense"} <= written
    assert "flatten" not in written
    assert picture.figure.axes[0].images[0].get_clim() == (0, 255)


def test_a_relu_is_drawn_under_its_name():
    relu = rectified()
    picture = plot_layer_relu(relu, name="cnn-001 on test image 0")
    assert picture.figure.get_suptitle().startswith("cnn-001 on test image 0, relu_1: ")
    assert f"{np.mean(relu.inputs < 0):.1%}" in picture.alt


@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D"])
def test_a_pooling_is_drawn_with_the_winners_of_its_strongest_feature_map(kind):
    before = np.random.default_rng(5).random((1, 7, 7, 2)).astype(np.float32)
    windows = before[:, :6, :6].reshape(1, 3, 2, 3, 2, 2)
    after = windows.max(axis=(2, 4)) if kind == "MaxPooling2D" else windows.mean(axis=(2, 4))
    pooled = find_pooled_map(LayerOutput("pool_1", kind, after, before, (Stage(2, stride=2), Stage(2, stride=2))))
    picture = plot_layer_pooling(pooled, name="cnn-001")
    assert picture.alt.startswith(f"cnn-001, pool_1, feature map #{pooled.channel} of 2: 7x7 numbers become 3x3")
    circles = [patch for patch in picture.figure.axes[0].patches if type(patch).__name__ == "Circle"]
    centers = sorted((int(circle.center[1]), int(circle.center[0])) for circle in circles)
    assert centers == (sorted(map(tuple, pooled.winners.reshape(-1, 2).tolist())) if kind == "MaxPooling2D" else [])
