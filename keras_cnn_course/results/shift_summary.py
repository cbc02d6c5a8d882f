"""The shift test of one run, and what it shows in words and numbers (slide "CNN's")."""

from collections.abc import Sequence
from dataclasses import dataclass

from keras_cnn_course.models.equivariance import ConvolutionShift, PoolingShift
from keras_cnn_course.results.shift import ShiftAccuracy

__all__ = ["ShiftTest", "explain_shift_tests", "format_share"]

_COMPARED_AT = 2


@dataclass(frozen=True)
class ShiftTest:
    """A run under shifts.

    Args:
        name: of the run.
        dataset: whose test images were moved.
        accuracy: over all shifts.
        convolution: of its first convolution; None for a model without.
    """

    name: str
    dataset: str
    accuracy: ShiftAccuracy
    convolution: ConvolutionShift | None


def explain_shift_tests(tests: Sequence[ShiftTest]) -> str:
    """Return one paragraph: what is left of each run's accuracy, and what its convolution and its pooling do.

    Args:
        tests: at least one.
    """
    sentences = [sentence for test in tests for sentence in _explain(test)]
    if len(tests) > 1:
        sentences.append(_compare(tests))
    return " ".join(sentences)


def format_share(share: float) -> str:
    """Return a share in per cent with one decimal; never rounded to all or none.

    >>> format_share(0.98765), format_share(0.99999), format_share(1.0)
    ('98.8%', '> 99.9%', '100.0%')
    """
    if 0.9995 <= share < 1:
        return "> 99.9%"
    return "< 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def _explain(test: ShiftTest) -> list[str]:
    accuracy, radius = test.accuracy, test.accuracy.radius
    near, far = accuracy.at_distance(1), accuracy.at_distance(radius)
    first = (
        f"{test.name} gets {format_share(accuracy.centre)} of {accuracy.examples:,} test images of {test.dataset} "
        f"right as they are, and {format_share(near.mean())} on average ({format_share(near.min())} to "
        f"{format_share(near.max())}) when all of them are moved by 1 pixel"
    )
    if radius > 1:
        first += f", {format_share(far.mean())} by {radius} pixels"
    if test.convolution is None:
        return [f"{first}; it has no convolution on the image."]
    return [f"{first}.", *_explain_convolution(test.convolution)]


def _explain_convolution(convolution: ConvolutionShift) -> list[str]:
    verdict = "is equivariant" if convolution.is_equivariant else "is not equivariant"
    sentences = [
        f"Its first convolution, {convolution.layer}, {verdict}: over {convolution.shifts} shifts of "
        f"{convolution.images} test images, conv(shift(x)) and shift(conv(x)) differ "
        f"{_at_most(convolution.difference)} away from the border, where values reach {convolution.largest_value:.2g}."
    ]
    if convolution.pooling is not None:
        sentences += _explain_pooling(convolution.pooling)
    return sentences


def _explain_pooling(pooling: PoolingShift) -> list[str]:
    near, far = pooling.steps[0], pooling.steps[-1]
    sentences = []
    if pooling.stride > 1:
        exactly = "exactly" if far.difference == 0 else f"up to {far.difference:.1e}"
        sentences.append(
            f"After its first pooling, {pooling.layer}, a shift of {far.pixels} pixels, the stride, moves the map by "
            f"one of its own, {exactly}, but no move of the map matches a shift of 1 pixel "
            f"({near.difference:.2g} off, where values reach {pooling.largest_value:.2g})."
        )
    sentences.append(
        f"Pooling is only approximately invariant: 1 pixel changes its map in place by {near.change_after:.0%}, "
        f"against {near.change_before:.0%} before it"
        + (
            f", and {far.pixels} pixels by {far.change_after:.0%} against {far.change_before:.0%}."
            if far is not near
            else "."
        )
    )
    return sentences


def _compare(tests: Sequence[ShiftTest]) -> str:
    """Return what is left at two pixels, the best first."""
    pixels = min(_COMPARED_AT, *(test.accuracy.radius for test in tests))
    means = {test.name: float(test.accuracy.at_distance(pixels).mean()) for test in tests}
    ranked = sorted(means, key=lambda name: -means[name])
    left = ", ".join(f"{name} {format_share(means[name])}" for name in ranked)
    return f"Moved by {pixels} pixel{'s' if pixels > 1 else ''}, they keep on average: {left}."


def _at_most(difference: float) -> str:
    return "not at all" if difference == 0 else f"by at most {difference:.1e}"
