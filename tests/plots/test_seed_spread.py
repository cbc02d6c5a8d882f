import pytest

from keras_cnn_course.inspection.seeds import SeedGroup
from keras_cnn_course.plots.seed_spread import plot_seed_spread

GROUPS = [
    SeedGroup("cnn, filters 16, a $name$ that is long enough to be wrapped", ("a", "b"), (0, 1), (0.97, 0.99)),
    SeedGroup("mlp", ("c",), (0,), (0.95,)),
]


def test_every_run_is_a_dot_and_every_mean_a_line():
    picture = plot_seed_spread(GROUPS)
    (axes,) = picture.figure.axes
    dots = [line for line in axes.lines if line.get_linestyle() == "None"]
    means = [line for line in axes.lines if line not in dots]
    assert [tuple(line.get_xdata()) for line in dots] == [(0.97, 0.99), (0.95,)]
    assert [line.get_xdata()[0] for line in means] == [pytest.approx(0.98), 0.95]
    assert "mean 98.00% of 2 seeds, 97.00% to 99.00%; mlp: 95.00%, one run" in picture.alt
