import numpy as np
import pytest

from keras_cnn_course.plots.evidence import METHODS, EvidenceRow, plot_evidence


def draw(channels=1, names=tuple(METHODS), shape=(9, 12), controls=("random weights",)):
    generator = np.random.default_rng(0)
    image = generator.integers(0, 256, (*shape, channels), dtype=np.uint8)
    alike = dict.fromkeys(names, 0.25) | {names[0]: float("nan")}
    rows = [
        EvidenceRow(label, {name: generator.normal(size=shape).astype(np.float32) for name in names}, alike)
        for label in ("trained network", *controls)
    ]
    rows[0] = EvidenceRow(rows[0].label, rows[0].maps)
    rows[0].maps[names[0]][:] = 0
    title = "a $run$ on an image with a long name: where the logit 12.34 of class shoe comes from"
    return rows, plot_evidence(image, rows, title=title, completeness_error=0.0042, layer="conv_2")


def test_each_method_has_a_map_per_network_and_says_what_it_means_and_what_it_does_not():
    _, picture = draw()
    axes = picture.figure.axes[0]
    assert len(axes.images) == 2 * (1 + len(METHODS))
    written = " ".join(" ".join(text.get_text() for text in axes.texts).split())
    for method in METHODS.values():
        assert method.title in written
        assert method.means[1:] in written
        assert f"But: {method.warns}" in written
    assert "conv_2: where the feature maps" in written
    assert written.count("completeness error 0.42%") == 1
    assert written.count("rank correlation 0.25") == len(METHODS) - 1
    assert "0 everywhere" in written


def test_what_speaks_for_the_class_is_blue_and_what_speaks_against_it_is_red():
    rows, picture = draw()
    values = rows[0].maps["occlusion"]
    shown = np.asarray(picture.figure.axes[0].images[5].get_array())
    red, _, blue = shown[np.unravel_index(values.argmax(), values.shape)]
    assert blue > red
    red, _, blue = shown[np.unravel_index(values.argmin(), values.shape)]
    assert red > blue


def test_the_alt_text_names_the_places_and_the_correlations():
    rows, picture = draw()
    row, column = np.unravel_index(rows[0].maps["grad_cam"].argmax(), (9, 12))
    assert f"Grad-CAM at row {row}, column {column}" in picture.alt
    assert "Rank correlation with random weights: SmoothGrad 0.25" in picture.alt
    assert "Gradient at" not in picture.alt


def test_a_row_for_shuffled_labels_has_its_sentence_and_its_correlations():
    _, picture = draw(controls=("random weights", "shuffled labels"))
    axes = picture.figure.axes[0]
    assert len(axes.images) == 3 * (1 + len(METHODS))
    written = " ".join(" ".join(text.get_text() for text in axes.texts).split())
    assert "Third row: the same network after it learned shuffled labels by heart." in written
    assert "Rank correlation with shuffled labels: SmoothGrad 0.25" in picture.alt
    assert "Third row" not in " ".join(text.get_text() for text in draw()[1].figure.axes[0].texts)


@pytest.mark.parametrize(
    ("channels", "names", "controls"),
    [
        (3, tuple(METHODS), ("random weights",)),
        (1, ("gradient", "occlusion"), ("random weights", "shuffled labels")),
    ],
)
def test_nothing_is_cut_off(channels, names, controls):
    _, picture = draw(channels, names, controls=controls)
    figure = picture.figure
    figure.canvas.draw()
    for artist in (*figure.axes[0].images, *figure.axes[0].texts, *figure.texts):
        box = artist.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1
