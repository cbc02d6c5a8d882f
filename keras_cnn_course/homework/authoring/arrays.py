"""The kinds of arrays that a function is checked with: a correct function works with all of them.

The random cases of a check have the numbers 0 to 7, and each number has its own kind. So every student's cases contain
each kind, and none depends on luck.
"""

from typing import Any

import numpy as np

from keras_cnn_course.homework.authoring.cases import Mistake

__all__ = ["CASES", "KIND_MISTAKES", "RESULT_MISTAKES", "draw_size", "is_byte", "is_large", "make_strided", "vary"]

CASES = 8
"""The number of random cases of a function, one per kind."""

_THREE_DIGITS, _TINY = 1.5e-3, 1e-6
_WHOLE, _BYTE, _SINGLE, _STRIDED, _LARGE = 2, 3, 4, 5, 6


def draw_size(generator: np.random.Generator, number: int, *, least: int, most: int) -> tuple[int, int]:
    """Draw the height and the width of an image: it is wide for an even number, and tall for an odd one."""
    short, long = sorted(int(size) for size in generator.permutation(np.arange(least, most + 1))[:2])
    return (long, short) if number % 2 else (short, long)


def vary(values: np.ndarray, number: int) -> np.ndarray:
    """Return an array of floats as one of a case's kind: whole numbers, bytes, float32, strided, or large numbers.

    >>> [vary(np.array([-1.5, 2.5]), number).tolist() for number in (0, 2, 3, 6)]
    [[-1.5, 2.5], [-4, 8], [30, 50], [-1500.0, 2500.0]]
    """
    if number == _WHOLE:
        return (3 * values).round().astype(np.int64)
    if number == _BYTE:
        return np.abs(20 * values).round().clip(0, 255).astype(np.uint8)
    if number == _SINGLE:
        return values.astype(np.float32)
    if number == _STRIDED:
        return make_strided(values)
    return 1000 * values if is_large(number) else values


def is_byte(number: int) -> bool:
    """Return whether a case has numbers from 0 to 255."""
    return number == _BYTE


def is_large(number: int) -> bool:
    """Return whether a case has large numbers."""
    return number == _LARGE


def make_strided(values: np.ndarray) -> np.ndarray:
    """Return an array with the same numbers that is every second element of a larger one.

    >>> make_strided(np.eye(2)).flags.c_contiguous
    False
    """
    return np.repeat(values, 2, axis=-1)[..., ::2] if values.ndim else values


def _has_whole_numbers(*arguments: Any) -> bool:
    return any(isinstance(value, np.ndarray) and value.ndim > 1 and value.dtype.kind in "iu" for value in arguments)


def _has_strided(*arguments: Any) -> bool:
    return any(isinstance(value, np.ndarray) and not value.flags.c_contiguous for value in arguments)


KIND_MISTAKES = (
    Mistake(
        "whole numbers",
        "Only the results for arrays of whole numbers are wrong, such as an image with the pixels 0 to 255.",
        "An array of whole numbers cuts off fractions, and one of bytes wraps around below 0 and above 255. Convert it "
        "first: image.astype(float). np.zeros_like(image) holds whole numbers, too.",
        _has_whole_numbers,
        is_of_kind=True,
    ),
    Mistake(
        "strided",
        "Only the results for arrays with gaps in memory are wrong, such as a slice with steps, image[::2].",
        "Use indices, or np.ascontiguousarray(image) before you compute with strides yourself.",
        _has_strided,
        is_of_kind=True,
    ),
)
"""Mistakes that show only with some kinds of arrays."""


def _has_nan(result: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.isnan(result).any()) and not np.isnan(expected).any()


def _has_few_digits(result: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether all numbers are rounded, to up to three decimal places or to about three digits (float16)."""
    distance = np.abs(result - expected)
    is_too_large = np.isinf(result) & (np.abs(expected) > np.finfo(np.float16).max)
    if (is_too_large | (distance <= _THREE_DIGITS * np.abs(expected) + _TINY)).all():
        return True
    return any(
        (distance <= 0.5 * 10.0**-places + _TINY).all() and np.allclose(result, result.round(places), atol=_TINY)
        for places in range(4)
    )


RESULT_MISTAKES = (
    Mistake(
        "nan",
        "Your result has nan, which means: not a number.",
        "0 / 0 gives nan, and so does inf - inf. Treat the case in which you would divide by 0 separately.",
        recognize=_has_nan,
    ),
    Mistake(
        "too few digits",
        "Your result is nearly correct, but its numbers have too few digits.",
        "Do not round, and compute in float64, which is NumPy's default. float16 has only three digits.",
        recognize=_has_few_digits,
    ),
)
"""Mistakes that a result shows by itself, whatever the function is."""
