"""The words and the picture beside the network."""

import re
from html import unescape

import pytest

import keras_cnn_course as kcnn
from keras_cnn_course.page.lesson import draw_network, list_trials, write_opening
from keras_cnn_course.page.steps import read_steps


def test_the_arrows_have_the_numbers_of_kcnn_show():
    shown = kcnn.show("deep_cnn", filters=4, units=16)
    picture = unescape(draw_network("deep_cnn-001", shown.model, read_steps(shown.model)))
    labels = re.findall(r"<strong>(.*?)</strong>", picture)
    assert labels == [
        "image",
        "conv 3×3 ReLU",
        "max pooling 2×2",
        "conv 3×3 ReLU",
        "max pooling 2×2",
        "flatten",
        "dense 16 ReLU",
        "dense 10 softmax",
    ]
    layers = [layer for layer in shown.architecture.layers if layer.kind != "ReLU"]
    arithmetic = re.findall(r'class="arrow"><span>(.*?)</span>', picture)
    assert arithmetic == [
        layer.parameter_arithmetic if layer.parameters else layer.shape_arithmetic for layer in layers
    ]
    assert all("=" in each for each in arithmetic)
    shapes = re.findall(r"</strong><span>(.*?)</span>", picture)
    assert shapes == ["28×28×1", *("×".join(f"{size:,}" for size in layer.output_shape) for layer in layers)]
    assert f"{shown.architecture.parameters:,} parameters" in picture


@pytest.mark.parametrize(
    ("classes", "networks", "start"),
    [
        ("0123456789", 1, "This page holds a trained network that reads digits. Draw, and"),
        ("abc", 1, "This page holds a trained network that distinguishes 3 classes. Draw, and"),
        ("0123456789", 2, "This page holds 2 trained networks that read digits. Draw, and"),
    ],
)
def test_the_opening_has_three_sentences(classes, networks, start):
    opening = write_opening(classes, drawn=True, networks=networks)
    assert opening.startswith(start)
    assert opening.count(". ") == 2


def test_who_cannot_draw_is_not_told_to():
    assert "Draw" not in list_trials(drawn=False) + write_opening(["cat", "dog"], drawn=False)
    assert "until it becomes a 9" in list_trials(drawn=True)
