import numpy as np
import pytest

from keras_cnn_course.plots.learning_curves import LearningCurve, plot_learning_curves
from keras_cnn_course.plots.saving import save_picture


def curve(name, parameters, start):
    sizes = np.array([500, 2000, 10_000])
    accuracy = start + np.array([[0.0, 0.01, 0.02], [0.05, 0.06, 0.07], [0.09, 0.08, 0.085]])
    return LearningCurve(name, parameters, sizes, accuracy)


CURVES = [curve("mlp", 407_050, 0.85), curve("cnn", 2_774_858, 0.89)]


def dots(axes):
    """Return the (x, accuracy) of every dot, the lines of the means left out."""
    lines = [line for line in axes.lines if line.get_linestyle() == "None"]
    return sorted((x, round(1 - y, 6)) for line in lines for x, y in zip(*line.get_data(), strict=True))


def test_every_training_is_a_dot():
    by_parameters, by_images = plot_learning_curves(CURVES, dataset="MNIST").figure.axes
    expected = [
        (size, round(value, 6))
        for one in CURVES
        for size, row in zip(one.train_examples, one.accuracy, strict=True)
        for value in row
    ]
    assert dots(by_images) == sorted(expected)
    assert dots(by_parameters) == sorted((one.parameters, round(v, 6)) for one in CURVES for v in one.accuracy[-1])


def test_the_line_joins_the_means():
    _, by_images = plot_learning_curves(CURVES, dataset="MNIST").figure.axes
    (mlp, _) = [line for line in by_images.lines if line.get_linestyle() == "-"]
    np.testing.assert_allclose(1 - mlp.get_ydata(), [0.86, 0.91, 0.935])


def test_more_accurate_is_higher_and_ticks_are_accuracies(tmp_path):
    figure = plot_learning_curves(CURVES, dataset="MNIST").figure
    save_picture(plot_learning_curves(CURVES, dataset="MNIST"), tmp_path / "curves.png")
    figure.canvas.draw()
    axes = figure.axes[0]
    bottom, top = axes.get_ylim()
    assert bottom > top
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert "90%" in shown
    assert "95%" in shown
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == ["500", "2,000", "10,000"]


def test_networks_are_named_with_their_parameters():
    picture = plot_learning_curves(CURVES, dataset="MNIST")
    legend = [text.get_text() for text in picture.figure.axes[1].get_legend().get_texts()]
    assert legend == ["mlp: 407,050 parameters", "cnn: 2,774,858 parameters"]
    assert "mlp with 407,050 parameters rises from 86.0% on 500 images to 93.5% on 10,000" in picture.alt


@pytest.mark.parametrize("count", [1, 9])
def test_any_number_of_networks_is_drawn(count, tmp_path):
    curves = [curve(f"network-{number}", 10 ** (number + 1), 0.7 + 0.02 * number) for number in range(count)]
    save_picture(plot_learning_curves(curves, dataset="MNIST"), tmp_path / "curves.svg")
