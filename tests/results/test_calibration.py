import itertools

import numpy as np
import pytest
from scipy import special

from keras_cnn_course.results.calibration import (
    fit_temperature,
    measure_calibration,
    measure_reliability,
    scale_probabilities,
)


@pytest.fixture(scope="module")
def drawn():
    """Probabilities from random logits, and labels drawn from them with a temperature of 2.5: overconfident."""
    generator = np.random.default_rng(7)
    logits = 4 * generator.normal(size=(3000, 5))
    truth = special.softmax(logits / 2.5, axis=1)
    labels = np.array([generator.choice(5, p=row) for row in truth])
    return special.softmax(logits, axis=1), labels


def test_the_scores_are_those_of_their_definitions(drawn):
    probabilities, labels = drawn
    result = measure_calibration(probabilities, labels)
    error, edges = 0.0, np.linspace(0, 1, 16)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    for low, high in itertools.pairwise(edges):
        within = (confidence > low) & (confidence <= high)
        if within.any():
            error += within.mean() * abs(confidence[within].mean() - right[within].mean())
    assert result.ece == pytest.approx(error, abs=1e-12)
    assert result.brier == pytest.approx(np.mean(np.sum((probabilities - np.eye(5)[labels]) ** 2, axis=1)))
    assert result.nll == pytest.approx(-np.mean([np.log(row[label]) for row, label in zip(*drawn, strict=True)]))
    assert result.accuracy == right.mean()
    assert sum(one.count for one in result.bins) == 3000
    assert result.ece_interval[0] < result.ece < result.ece_interval[1]
    assert measure_calibration(probabilities, labels) == result


@pytest.mark.parametrize("overconfidence", [0.0, 0.03, 0.1])
def test_the_interval_contains_the_true_error(overconfidence):
    """In at least 95% of the cases."""
    generator, misses = np.random.default_rng(4), 0
    for _ in range(60):
        confidence = generator.uniform(0.5, 1, size=360)
        labels = (generator.uniform(size=360) > confidence - overconfidence).astype(int)
        result = measure_calibration(np.stack([confidence, 1 - confidence], axis=1), labels)
        low, high = result.ece_interval
        assert 0 <= low <= result.ece <= high
        misses += not low <= overconfidence <= high
    assert misses <= 0.05 * 60


def test_the_temperature_is_the_best_of_a_fine_grid(drawn):
    probabilities, labels = drawn
    grid = np.arange(2.0, 3.0, 0.001)
    logits = np.log(probabilities)
    losses = [-special.log_softmax(logits / one, axis=1)[np.arange(len(labels)), labels].mean() for one in grid]
    fitted = fit_temperature(probabilities, labels)
    assert fitted == pytest.approx(grid[np.argmin(losses)], abs=0.001)
    assert fitted == pytest.approx(2.5, abs=0.2)  # the one that the labels were drawn with, up to their chance


def test_scaling_keeps_the_answers_and_lowers_the_errors(drawn):
    probabilities, labels = drawn
    result = measure_reliability(probabilities[1500:], labels[1500:], (probabilities[:1500], labels[:1500]))
    assert result.validation_examples == 1500
    assert result.after.accuracy == result.before.accuracy
    assert result.after.nll < result.before.nll
    assert result.after.ece < result.before.ece / 3
    np.testing.assert_allclose(scale_probabilities(probabilities, 1.0), probabilities, atol=1e-12)


def test_there_is_no_temperature_without_a_mistake():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert fit_temperature(probabilities, np.array([0, 1])) is None
    result = measure_reliability(probabilities, np.array([0, 1]), (probabilities, np.array([0, 1])))
    assert result.after is None
    assert "of which 0 are classified incorrectly" in result.note
