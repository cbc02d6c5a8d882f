import math

import numpy as np
import pytest
from scipy import stats

from keras_cnn_course.results.seeds import PairedDifference
from keras_cnn_course.results.significance import (
    McNemar,
    compare_answers,
    describe_test,
    explain_difference,
    seeds_needed,
)


def answers(only_first, only_second):
    """Return the answers of two runs to 300 images of class 0, with a mistake as class 1."""
    first, second = np.zeros(300, dtype=int), np.zeros(300, dtype=int)
    second[:only_first] = 1
    first[only_first : only_first + only_second] = 1
    return first, second, np.zeros(300, dtype=int)


@pytest.mark.parametrize("counts", [(0, 0), (5, 1), (1, 8), (12, 12), (10, 14)])
def test_small_counts_are_tested_with_the_binomial_distribution(counts):
    result = compare_answers(*answers(*counts))
    assert (result.only_first, result.only_second, result.exact) == (*counts, True)
    expected = stats.binomtest(counts[0], sum(counts)).pvalue if sum(counts) else 1.0
    assert result.p_value == pytest.approx(expected)


@pytest.mark.parametrize("counts", [(20, 5), (13, 13), (60, 90)])
def test_large_counts_are_tested_with_chi_squared(counts):
    result = compare_answers(*answers(*counts))
    squared = max(0, abs(counts[0] - counts[1]) - 1) ** 2 / sum(counts)
    assert not result.exact
    assert result.p_value == pytest.approx(stats.chi2.sf(squared, 1))


def pair(*differences):
    return PairedDifference("b", "a", tuple(range(len(differences))), differences)


@pytest.mark.parametrize(
    "differences",
    [(0.001, 0.003, -0.002), (0.0101, 0.0103, 0.0102), (0.01, -0.02), (-0.01, -0.02, -0.25)],
)
def test_the_seeds_needed_are_the_fewest(differences):
    needed = seeds_needed(pair(*differences))
    spread = np.std(differences, ddof=1)
    margins = [stats.t.ppf(0.975, count - 1) * spread / math.sqrt(count) for count in (needed - 1, needed) if count > 1]
    assert margins[-1] <= 0.001
    assert len(margins) == 1 or margins[0] > 0.001


def test_the_words_follow_the_interval():
    assert explain_difference(pair(0.01)).startswith("b and a share a single seed")
    assert "b is more accurate than a" in explain_difference(pair(0.010, 0.011, 0.012))
    assert "b is less accurate than a" in explain_difference(pair(-0.010, -0.011, -0.012))
    assert "do not show whether b or a" in explain_difference(pair(0.010, -0.011, 0.002))
    assert "the same accuracy" in explain_difference(pair(0.0, 0.0))
    same = explain_difference(pair(0.002778, 0.002777))
    assert "b is 0.28 points more accurate than a with each of the 2 common seeds" in same
    assert "these seeds do not show how much the difference varies" in same


def test_a_test_is_described_in_words():
    assert describe_test(compare_answers(*answers(1, 12)), "mlp", "cnn").startswith(
        "1 test image is classified correctly by mlp alone, 12 by cnn alone. The runs differ (McNemar's test, exact: p"
    )
    assert describe_test(McNemar(9000, 0, 0.0, exact=False), "mlp", "cnn") == (
        "9,000 test images are classified correctly by mlp alone, 0 by cnn alone. "
        "The runs differ (McNemar's test, chi-squared: p < 1e-300)."
    )
    assert "not shown to differ (McNemar's test, exact: p = 1)" in describe_test(
        compare_answers(*answers(3, 3)), "mlp", "cnn"
    )
