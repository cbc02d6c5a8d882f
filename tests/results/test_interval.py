import numpy as np
import pytest
from scipy import stats
from scipy.stats import binomtest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.results.interval import mean_interval, wilson_interval


@pytest.mark.parametrize(("correct", "examples"), [(0, 10), (10, 10), (1, 1), (351, 360), (9872, 10_000), (5, 9)])
def test_it_is_scipys_wilson_interval(correct, examples):
    expected = binomtest(correct, examples).proportion_ci(0.95, method="wilson")
    # The same formula in another order of operations: float64 rounding only.
    assert wilson_interval(correct, examples) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("correct", "examples"), [(0, 0), (3, 2), (-1, 4)])
def test_impossible_counts_are_refused(correct, examples):
    with pytest.raises(UsageError, match=f"{correct} correct answers among {examples} examples"):
        wilson_interval(correct, examples)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 10, 31, 100, 1001])
def test_the_mean_has_students_interval(count):
    values = np.random.default_rng(count).normal(0.98, 0.003, count)
    expected = stats.t.interval(0.95, count - 1, loc=values.mean(), scale=stats.sem(values))
    assert mean_interval(values.tolist()) == pytest.approx(expected, abs=1e-12)


def test_one_value_has_no_interval():
    assert mean_interval([0.9]) is None
    assert mean_interval([0.9, 0.9]) == (0.9, 0.9)
