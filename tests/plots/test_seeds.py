import numpy as np
import pytest

from keras_cnn_course.plots.saving import save_picture
from keras_cnn_course.plots.seeds import plot_seeds
from keras_cnn_course.results.seeds import SeedGroup, compare_pairs


def repeat(name, *accuracy):
    seeds = tuple(range(len(accuracy)))
    return SeedGroup(name, seeds, accuracy, accuracy, 1000, 10, tuple(1.0 for _ in seeds))


NEAR = [repeat("mlp", 0.980, 0.982, 0.984), repeat("cnn", 0.985, 0.983, 0.987)]
FAR = [repeat("slow", 0.5, 0.6), repeat("$fast_1$", 0.98, 1.0)]


def dots(axes):
    """Return the place of every dot, row by row."""
    return [line.get_xdata().tolist() for line in axes.lines if line.get_marker() == "o"]


def test_every_run_is_a_dot_with_its_mean_and_interval():
    accuracies, differences = plot_seeds(NEAR, compare_pairs(NEAR), dataset="mnist").figure.axes
    np.testing.assert_allclose(dots(accuracies), [[1 - value for value in one.test_accuracy] for one in NEAR])
    means = [line.get_xdata()[0] for line in accuracies.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(means, [1 - one.mean for one in NEAR])
    intervals = [line.get_xdata() for line in accuracies.lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(intervals, [[1 - one.interval[1], 1 - one.interval[0]] for one in NEAR])
    np.testing.assert_allclose(dots(differences), [[0.5, 0.1, 0.3]])


def test_more_accurate_is_further_right_and_ticks_are_accuracies():
    figure = plot_seeds(NEAR, compare_pairs(NEAR), dataset="mnist").figure
    figure.canvas.draw()
    left, right = figure.axes[0].get_xlim()
    assert left > right
    assert figure.axes[0].get_xscale() == "linear"
    shown = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    accuracies = [float(text.rstrip("%")) for text in shown]
    assert accuracies == sorted(accuracies, reverse=True)
    assert {"98%", "98.5%"} <= set(shown)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["mlp", "cnn"]


def test_far_apart_they_are_spread_by_their_error_and_none_is_lost(tmp_path):
    picture = plot_seeds(FAR, compare_pairs(FAR), dataset="mnist")
    axes = picture.figure.axes[0]
    assert axes.get_xscale() == "log"
    np.testing.assert_allclose(dots(axes), [[0.5, 0.4], [0.02, 0.0005]])  # no error is drawn as half an image
    save_picture(picture, tmp_path / "far.png")
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert {"50%", "90%", "99%", "99.9%"} <= set(shown)


def test_one_setting_has_nothing_to_be_compared_with(tmp_path):
    alone = [repeat("cnn", 0.9)]
    picture = plot_seeds(alone, compare_pairs(alone), dataset="digits")
    assert len(picture.figure.axes) == 1
    save_picture(picture, tmp_path / "one.svg")
    assert picture.alt == "Mean test accuracy on digits: cnn 90.00% (seeds: 1, from 90.00% to 90.00%)."


@pytest.mark.slow
def test_many_settings_have_a_row_each(tmp_path):
    many = [repeat(f"cnn filters={number}", 0.9, 0.9 + number * 1e-5) for number in range(40)]
    picture = plot_seeds(many, compare_pairs(many), dataset="digits")
    assert picture.figure.get_figheight() > 40 * 0.25
    save_picture(picture, tmp_path / "many.png")
