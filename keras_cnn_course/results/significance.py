"""Whether a difference is more than chance: two runs on the same test images, and two settings over several seeds."""

import bisect
import math
import statistics
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.files.tables import count
from keras_cnn_course.results.interval import t_95
from keras_cnn_course.results.seeds import PairedDifference

__all__ = ["McNemar", "compare_answers", "describe_test", "explain_difference", "seeds_needed"]

# With fewer images on which only one run is correct, the chi-squared approximation is not used.
_FEW = 25
_ROUNDING = 5e-6  # of accuracies, which are recorded with six digits
_TARGET = 0.001
_MOST_SEEDS = 100_000


@dataclass(frozen=True)
class McNemar:
    """The test of McNemar: do two runs make the same number of mistakes on the same images?

    Args:
        only_first: number of images that only the first run classifies correctly.
        only_second: number of images that only the second run classifies correctly.
        p_value: probability of a difference at least as large if both runs were equally good.
        exact: whether it is from the binomial distribution, not from chi-squared with continuity correction.
    """

    only_first: int
    only_second: int
    p_value: float
    exact: bool


def compare_answers(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> McNemar:
    """Test whether two runs differ on the same images. (McNemar, Psychometrika 12, 1947.)

    Args:
        first: predicted labels of the first run, integers `(n,)`.
        second: predicted labels of the second run, integers `(n,)`.
        labels: integers `(n,)`.

    >>> compare_answers(np.array([0, 1, 1, 0]), np.array([0, 0, 0, 0]), np.array([0, 1, 1, 1]))
    McNemar(only_first=2, only_second=0, p_value=0.5, exact=True)
    """
    right, other = first == labels, second == labels
    only_first, only_second = int((right & ~other).sum()), int((other & ~right).sum())
    count = only_first + only_second
    if count < _FEW:
        tail = sum(math.comb(count, one) for one in range(min(only_first, only_second) + 1)) / 2**count
        return McNemar(only_first, only_second, min(1.0, 2 * tail), exact=True)
    squared = max(0, abs(only_first - only_second) - 1) ** 2 / count
    return McNemar(only_first, only_second, math.erfc(math.sqrt(squared / 2)), exact=False)


def describe_test(test: McNemar, first: str, second: str) -> str:
    """Return the result of a test in sentences."""
    are = "is" if test.only_first == 1 else "are"
    counts = (
        f"{count(test.only_first, 'test image')} {are} classified correctly by {first} alone, "
        f"{test.only_second:,} by {second} alone"
    )
    kind = "exact" if test.exact else "chi-squared"
    word = "differ" if test.p_value < 0.05 else "are not shown to differ"
    p_value = "p < 1e-300" if test.p_value < 1e-300 else f"p = {test.p_value:.2g}"
    return f"{counts}. The runs {word} (McNemar's test, {kind}: {p_value})."


def seeds_needed(difference: PairedDifference, *, target: float = _TARGET) -> int | None:
    """Return the number of seeds with which the 95% interval of the mean is at most `target` to either side.

    Assumes that more seeds vary as much as those at hand.

    Args:
        target: difference of the accuracies, from 0 to 1; 0.001 is 0.1 percentage points.

    Returns:
        None for a single seed, for seeds that do not vary, and for more than 100,000 seeds.
    """
    if len(difference.seeds) < 2:
        return None
    spread = statistics.stdev(difference.differences)
    if spread == 0 or (1.96 * spread / target) ** 2 > _MOST_SEEDS:
        return None

    def margin(count: int) -> float:
        return t_95(count - 1) * spread / math.sqrt(count)

    low, high = 1, 2  # too few, and perhaps enough
    while margin(high) > target:
        low, high = high, 2 * high
    return bisect.bisect_left(range(high), True, lo=low + 1, key=lambda count: margin(count) <= target)


def explain_difference(difference: PairedDifference) -> str:
    """Return what can be concluded from a paired comparison, in sentences."""
    name, against, interval = difference.name, difference.against, difference.interval
    if interval is None:
        return f"{name} and {against} share a single seed, so nothing can be concluded. Use at least three seeds."
    word = "more" if difference.mean > 0 else "less"
    if max(difference.differences) - min(difference.differences) < _ROUNDING:
        each = f"with each of the {len(difference.seeds)} common seeds"
        if abs(difference.mean) < _ROUNDING:
            return f"{name} and {against} have the same accuracy {each}."
        return (
            f"{name} is {abs(100 * difference.mean):.2f} points {word} accurate than {against} {each}, so these "
            "seeds do not show how much the difference varies. Use more seeds."
        )
    if interval[0] > 0 or interval[1] < 0:
        said = f"{name} is {word} accurate than {against} on these test images: the 95% interval does not contain 0."
    else:
        said = (
            f"These {len(difference.seeds)} seeds do not show whether {name} or {against} is more accurate: the 95% "
            "interval contains 0."
        )
    needed = seeds_needed(difference)
    if needed is None:
        return said
    return f"{said} To see a difference of 0.1 percentage points, about {needed:,} seeds would be needed."
