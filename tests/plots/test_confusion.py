import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from keras_cnn_course.plots.confusion import plot_confusion
from keras_cnn_course.plots.saving import save_picture

COUNTS = np.array([[50, 1, 0], [0, 40, 7], [0, 0, 45]])
NAMES = ("zero", "one", "$two$")


def test_every_count_is_printed_in_its_place():
    axes = plot_confusion(COUNTS, NAMES, name="cnn-001 on digits").figure.axes[0]
    printed = {(*text.get_position()[::-1],): text.get_text() for text in axes.texts}
    assert printed == {(row, column): str(count) for (row, column), count in np.ndenumerate(COUNTS)}
    assert axes.get_ylabel() == "true class"
    assert [label.get_text() for label in axes.get_yticklabels()] == list(NAMES)
    assert axes.get_ylim() == (2.5, -0.5)


def test_only_errors_are_colored():
    image = plot_confusion(COUNTS, NAMES, name="cnn-001 on digits").figure.axes[0].images[0]
    np.testing.assert_array_equal(np.ma.getmaskarray(image.get_array()), (COUNTS == 0) | np.eye(3, dtype=bool))
    assert image.get_clim() == (1, 7)


def test_the_alt_text_names_the_most_frequent_error():
    alt = plot_confusion(COUNTS, NAMES, name="cnn-001 on digits").alt
    assert alt == (
        "Confusion matrix of cnn-001 on digits: 8 of 143 images are wrong. "
        "Most often (7 times) class one is predicted as class $two$."
    )


def test_a_model_without_errors_can_be_drawn(tmp_path):
    picture = plot_confusion(np.diag([3, 4]), ("a", "b"), name="perfect")
    save_picture(picture, tmp_path / "confusion.png")
    assert picture.alt == "Confusion matrix of perfect: 0 of 7 images are wrong."


@pytest.mark.slow
def test_of_very_many_classes_those_with_errors_are_drawn():
    counts = np.diag(np.full(60, 9))
    counts[58, 59] = 2
    axes = plot_confusion(counts, tuple(f"class {label}" for label in range(60)), name="many").figure.axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert len(labels) == 50
    assert labels[-2:] == ["class 58", "class 59"]
    (title,) = axes.get_figure().texts
    assert "60 classes; the 50 classes with the most errors" in " ".join(title.get_text().split())


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 10, 30])
def test_the_counts_fit_their_cells(tmp_path, classes):
    counts = np.full((classes, classes), 1234)
    picture = plot_confusion(counts, tuple("a rather long name" for _ in range(classes)), name="full")
    save_picture(picture, tmp_path / "confusion.png")
    axes = picture.figure.axes[0]
    cell = axes.get_window_extent().width / classes
    assert max(text.get_window_extent().width for text in axes.texts) < cell


@pytest.mark.parametrize(("errors", "bars"), [(0, 0), (1, 0), (2, 1)])
def test_a_color_bar_shows_only_numbers_of_errors_that_occur(errors, bars):
    counts = np.diag([9, 9])
    counts[0, 1] = errors
    figure = plot_confusion(counts, ("a", "b"), name="x").figure
    assert len(figure.axes) == 1 + bars
    if bars:
        assert figure.axes[0].images[0].get_clim() == (1, errors)
    (title,) = figure.texts
    assert title.get_text() == f"x: {errors} of {18 + errors} wrong, 2 classes"


@pytest.mark.parametrize("name", ["a", "eighteen letters !", "WWWWWWWWWWWWWWWWWW"])
def test_the_margin_is_as_wide_as_the_names(name):
    figure = plot_confusion(np.full((6, 6), 3), (name,) * 6, name="x").figure
    FigureCanvasAgg(figure).draw()
    left = min(label.get_window_extent().x0 for label in figure.axes[0].get_yticklabels()) / figure.dpi
    below = min(label.get_window_extent().y0 for label in figure.axes[0].get_xticklabels()) / figure.dpi
    assert 0.2 < left < 0.6
    assert 0.2 < below < 0.6
    box = figure.axes[0].yaxis.label.get_window_extent()
    assert box.x0 >= 0
