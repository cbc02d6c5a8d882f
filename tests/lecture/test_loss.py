import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.activation import softmax
from keras_cnn_course.lecture.loss import cross_entropy, cross_entropy_from_logits, mean_cross_entropy


def test_the_slides_formula_for_a_six():
    probabilities = np.full((1, 10), 0.02)
    probabilities[0, 6] = 0.82
    assert cross_entropy(probabilities, np.array([6]))[0] == pytest.approx(np.log(1 / 0.82), rel=1e-15)


def test_knowing_nothing_costs_log_10_and_being_right_nothing():
    assert mean_cross_entropy(np.full((5, 10), 0.1), np.arange(5)) == pytest.approx(np.log(10))
    assert mean_cross_entropy(np.eye(4), np.arange(4)) == 0


def test_the_error_is_averaged_over_the_examples():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]])
    expected = (np.log(2) + np.log(4) + np.log(10)) / 3
    assert mean_cross_entropy(probabilities, np.array([0, 0, 1])) == pytest.approx(expected)


def test_keras_agrees(started):
    import keras

    random = np.random.default_rng(8)
    logits, labels = random.normal(scale=3, size=(50, 10)), random.integers(0, 10, size=50)
    probabilities = softmax(logits)
    sparse = keras.losses.SparseCategoricalCrossentropy()(labels, probabilities)
    # Keras computes in float32.
    assert mean_cross_entropy(probabilities, labels) == pytest.approx(float(sparse), rel=1e-5)
    one_hot = keras.losses.CategoricalCrossentropy(reduction=None)(np.eye(10)[labels], probabilities)
    np.testing.assert_allclose(cross_entropy(probabilities, labels), np.asarray(one_hot), rtol=1e-4, atol=1e-6)
    from_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)(labels, logits)
    np.testing.assert_allclose(cross_entropy_from_logits(logits, labels), np.asarray(from_logits), rtol=1e-4, atol=1e-6)


def test_logits_of_a_thousand_stay_exact():
    logits = np.array([[1000.0, -1000.0], [-1000.0, 1000.0], [1000.0, 1000.0]])
    losses = cross_entropy_from_logits(logits, np.array([1, 1, 0]))
    np.testing.assert_allclose(losses, [2000.0, 0.0, np.log(2)], rtol=1e-15)


def test_a_probability_of_zero_costs_infinity():
    assert cross_entropy(np.array([[0.0, 1.0]]), np.array([0])).tolist() == [np.inf]


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.full((2, 3), 1 / 3), np.array([0, 3]), "from 0 to 2"),
        (np.full((2, 3), 1 / 3), np.array([-1, 0]), "from 0 to 2"),
        (np.full((2, 3), 1 / 3), np.array([0.0, 1.0]), "float64"),
        (np.full((2, 3), 1 / 3), np.array([0]), "do not fit together"),
        (np.full((0, 3), 1 / 3), np.array([], dtype=int), "do not fit together"),
        (np.array([[2.0, 3.0]]), np.array([0]), "from_logits"),
        (np.array([[1.5, -0.5]]), np.array([0]), "no negative number"),
        (np.array([[np.nan, 1.0]]), np.array([0]), "from_logits"),
    ],
)
def test_what_does_not_fit_is_refused(probabilities, labels, message):
    with pytest.raises(UsageError, match=message):
        cross_entropy(probabilities, labels)
