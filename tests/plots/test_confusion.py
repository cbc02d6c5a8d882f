import numpy as np
import pytest

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


def test_of_very_many_classes_those_with_errors_are_drawn():
    counts = np.diag(np.full(60, 9))
    counts[58, 59] = 2
    axes = plot_confusion(counts, tuple(f"class {label}" for label in range(60)), name="many").figure.axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert len(labels) == 50
    assert labels[-2:] == ["class 58", "class 59"]
    assert "the 50 classes with the most errors" in " ".join(axes.get_title().split())


@pytest.mark.parametrize("classes", [2, 10, 30])
def test_the_counts_fit_their_cells(tmp_path, classes):
    counts = np.full((classes, classes), 1234)
    picture = plot_confusion(counts, tuple("a rather long name" for _ in range(classes)), name="full")
    save_picture(picture, tmp_path / "confusion.png")
    axes = picture.figure.axes[0]
    cell = axes.get_window_extent().width / classes
    assert max(text.get_window_extent().width for text in axes.texts) < cell
