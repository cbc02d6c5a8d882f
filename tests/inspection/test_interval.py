import pytest
from scipy.stats import binomtest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.inspection.interval import wilson_interval


@pytest.mark.parametrize(("correct", "examples"), [(0, 10), (10, 10), (1, 1), (351, 360), (9872, 10_000), (5, 9)])
def test_it_is_scipys_wilson_interval(correct, examples):
    expected = binomtest(correct, examples).proportion_ci(0.95, method="wilson")
    # The same formula in another order of operations: float64 rounding only.
    assert wilson_interval(correct, examples) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("correct", "examples"), [(0, 0), (3, 2), (-1, 4)])
def test_impossible_counts_are_refused(correct, examples):
    with pytest.raises(UsageError, match=f"Received: {correct} of {examples}"):
        wilson_interval(correct, examples)
