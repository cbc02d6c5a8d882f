"""Comparing a student's numbers with the right ones, and saying where they differ."""

import numpy as np

__all__ = ["agrees", "describe_difference", "number_text"]

_DOUBLE_TOLERANCE = 1e-6
_SINGLE_TOLERANCE, _SINGLE_ABSOLUTE = 1e-4, 1e-5


def agrees(result: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether two arrays have the same shape and, up to rounding, the same numbers.

    Doubles may differ by a millionth, single precision (as Keras computes in) by 1e-4 and 1e-5; near zero, what
    counts is the largest number of the array, since sums that cancel out leave the rounding of what went into them.
    Where whole numbers are expected nothing is rounded, and nothing may differ.

    >>> agrees(np.array([1.0, 2.0]), np.array([1.0, 2.000001])), agrees(np.array([1.0]), np.array([1.1]))
    (True, False)
    """
    return result.shape == expected.shape and not bool(_differing(result, expected).any())


def describe_difference(result: np.ndarray, expected: np.ndarray) -> str:
    """Return one sentence about the first number that differs, or about the shape; empty where nothing does.

    >>> describe_difference(np.array([[4.0, 1.0]]), np.array([[-2.0, 1.0]]))
    'Shape (1, 2) is right; [0, 0] is 4.0, expected -2.0.'
    """
    if result.shape != expected.shape:
        return f"Shape is {result.shape}, expected {expected.shape}."
    differing = _differing(result, expected)
    if not differing.any():
        return ""
    if result.ndim == 0:
        return f"The result is {number_text(result.item())}, expected {number_text(expected.item())}."
    place = tuple(int(index) for index in np.argwhere(differing)[0])
    count = int(differing.sum())
    others = f" ({count} of {differing.size} numbers differ)" if count > 1 else ""
    return (
        f"Shape {result.shape} is right; {list(place)} is {number_text(result[place].item())}, "
        f"expected {number_text(expected[place].item())}{others}."
    )


def number_text(value: float) -> str:
    """Return a number with at most six digits; a float keeps its point.

    >>> number_text(4.0), number_text(4), number_text(1 / 3)
    ('4.0', '4', '0.333333')
    """
    if isinstance(value, int):
        return str(value)
    text = f"{value:.6g}"
    return f"{text}.0" if text.lstrip("-").isdigit() else text


def _differing(result: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return where two arrays of one shape differ by more than rounding."""
    is_single = result.dtype in (np.float32, np.float16)
    relative, absolute = (_SINGLE_TOLERANCE, _SINGLE_ABSOLUTE) if is_single else (_DOUBLE_TOLERANCE, 0.0)
    if expected.dtype.kind in "iu":
        relative = absolute = 0.0
    given, right = result.astype(np.float64), expected.astype(np.float64)
    scale = np.abs(right[np.isfinite(right)]).max(initial=0.0)
    with np.errstate(invalid="ignore"):
        near = np.abs(given - right) <= max(relative * scale, absolute)
    return ~(near | (given == right))
