"""How far an accuracy measured on n images can be from the true one."""

import math

from keras_cnn_course.errors import UsageError

__all__ = ["wilson_interval"]

_Z_95 = 1.959963984540054


def wilson_interval(correct: int, examples: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of `correct` out of `examples`, two shares from 0 to 1.

    Unlike `p +- 1.96 * sqrt(p * (1 - p) / n)` it stays within 0 and 1 and does not shrink to a point when every
    image is right, which happens on small test sets. (Wilson, JASA 22, 1927.)

    Raises:
        UsageError: no examples, or more correct ones than examples.

    >>> low, high = wilson_interval(350, 360)
    >>> round(low, 4), round(high, 4)
    (0.9496, 0.9848)
    """
    if not 0 <= correct <= examples or examples == 0:
        raise UsageError(f"Expected 0 <= correct <= examples and examples > 0. Received: {correct} of {examples}.")
    share, z_squared = correct / examples, _Z_95**2
    centre = share + z_squared / (2 * examples)
    margin = _Z_95 * math.sqrt(share * (1 - share) / examples + z_squared / (4 * examples**2))
    scale = 1 + z_squared / examples
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)
