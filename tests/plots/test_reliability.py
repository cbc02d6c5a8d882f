import numpy as np
import pytest

from keras_cnn_course.plots.reliability import plot_reliability
from keras_cnn_course.results.calibration import measure_reliability


@pytest.fixture(scope="module")
def reliability():
    generator = np.random.default_rng(0)
    logits = 3 * generator.normal(size=(600, 4))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([generator.choice(4, p=row**0.5 / (row**0.5).sum()) for row in probabilities])
    return measure_reliability(probabilities[:400], labels[:400], (probabilities[400:], labels[400:]))


def test_every_bin_with_images_is_a_point_before_and_after_scaling(reliability):
    picture = plot_reliability(reliability, name="cnn-001 on digits")
    upper, lower = picture.figure.axes
    for calibration, drawn in zip((reliability.before, reliability.after), upper.collections, strict=True):
        filled = [(one.confidence, one.accuracy) for one in calibration.bins if one.count]
        np.testing.assert_allclose(drawn.get_offsets(), filled)
        sizes = drawn.get_sizes()
        assert sizes.argmax() == np.argmax([one.count for one in calibration.bins if one.count])
    np.testing.assert_allclose(
        [bar.get_height() for bar in lower.patches], [one.count for one in reliability.before.bins]
    )
    labels = [text.get_text() for text in upper.get_legend().get_texts()]
    assert labels == [
        "perfectly calibrated",
        f"as trained: ECE {reliability.before.ece:.2%}",
        f"temperature {reliability.temperature:.2f}: ECE {reliability.after.ece:.2%}",
    ]


def test_the_alt_text_has_the_numbers_and_a_run_without_a_temperature_is_drawn(reliability):
    scaled = plot_reliability(reliability, name="cnn-001 on digits")
    assert f"{reliability.before.ece:.2%}, and {reliability.after.ece:.2%} with a temperature of" in scaled.alt
    plain = measure_reliability(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 1]), None, missing="No images.")
    picture = plot_reliability(plain, name="tiny")
    assert picture.alt == "Reliability diagram of tiny: expected calibration error 25.00%."
    assert len(picture.figure.axes[0].collections) == 1
