"""Confidence intervals for an accuracy measured on n images and for a mean over several seeds."""

import math
import statistics
from collections.abc import Sequence

from keras_cnn_course.errors import UsageError

__all__ = ["format_interval", "mean_interval", "t_95", "wilson_interval"]

_Z_95 = 1.959963984540054
_MANY = 1000  # degrees of freedom; above, four terms are exact to eleven digits


def wilson_interval(correct: int, examples: int) -> tuple[float, float]:
    """Return the 95% Wilson score interval of `correct` out of `examples`, two shares from 0 to 1.

    Unlike `p +- 1.96 * sqrt(p * (1 - p) / n)`, it stays between 0 and 1 and does not shrink to a point when every
    image is classified correctly, as happens with small test sets. (Wilson, JASA 22, 1927.)

    Raises:
        UsageError: `examples` is 0, or `correct` is not between 0 and `examples`.

    >>> low, high = wilson_interval(350, 360)
    >>> round(low, 4), round(high, 4)
    (0.9496, 0.9848)
    """
    if not 0 <= correct <= examples or examples == 0:
        raise UsageError(f"Cannot compute an interval for {correct} correct answers among {examples} examples.")
    share, z_squared = correct / examples, _Z_95**2
    center = share + z_squared / (2 * examples)
    margin = _Z_95 * math.sqrt(share * (1 - share) / examples + z_squared / (4 * examples**2))
    scale = 1 + z_squared / examples
    return max(0.0, (center - margin) / scale), min(1.0, (center + margin) / scale)


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95% interval of the mean, by Student's t; None for a single value. (Student, Biometrika 6, 1908.)

    For accuracies of several seeds it covers the randomness of training, not that of the choice of test images.

    >>> low, high = mean_interval([0.98, 0.97, 0.99])
    >>> round(low, 4), round(high, 4)
    (0.9552, 1.0048)
    """
    if len(values) < 2:
        return None
    mean, freedom = statistics.fmean(values), len(values) - 1
    margin = t_95(freedom) * statistics.stdev(values) / math.sqrt(len(values))
    return mean - margin, mean + margin


def format_interval(interval: tuple[float, float] | None, form: str = "{:.2%}", *, scale: float = 1) -> str:
    """Return an interval as text, or a dash for None.

    >>> format_interval((0.975, 0.99)), format_interval((-0.002, 0.01), "{:+.1f}", scale=100), format_interval(None)
    ('97.50% to 99.00%', '-0.2 to +1.0', '-')
    """
    return " to ".join(form.format(scale * bound) for bound in interval) if interval else "-"


def t_95(freedom: int) -> float:
    """Return the t for which 95% of Student's distribution is between -t and t.

    It is found by bisection, and from 1,000 degrees of freedom on with Abramowitz and Stegun, 26.7.5.
    """
    if freedom > _MANY:
        z, v = _Z_95, freedom
        first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
        return z + first / v + second / v**2 + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    low, high = 0.0, 16.0  # 12.7 with one degree of freedom, the widest
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _share_within(middle, freedom) < 0.95 else (low, middle)
    return high


def _share_within(t: float, freedom: int) -> float:
    """Return the share of Student's distribution from -t to t: Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    odd = freedom % 2
    term = math.sin(angle) * (math.cos(angle) if odd else 1.0)
    total = 0.0
    for number in range(1 + odd, freedom, 2):
        total += term
        term *= math.cos(angle) ** 2 * number / (number + 1)
    return 2 / math.pi * (angle + total) if odd else total
