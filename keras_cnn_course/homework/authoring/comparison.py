"""Compare a student's numbers with the expected ones, and describe the difference."""

import numpy as np

__all__ = ["agrees", "describe_difference", "number_text"]

_RELATIVE, _ABSOLUTE = 3e-5, 1e-5
_COUNT_RELATIVE = 1e-9


def agrees(result: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether two arrays have the same shape and, up to rounding, the same numbers.

    A number may differ by 3e-5 of the largest number in the expected array, or by 1e-5. The tolerance is the same in
    single and double precision, because a result can be computed in one and returned in the other. It is far above the
    rounding errors of both. It also lies between powers of ten, so a constant that is written with four digits is
    always wrong, and one with five is always correct. A single expected integer, which is a count, must be matched
    exactly.

    >>> agrees(np.array([1.0, 2.0]), np.array([1.0, 2.00001])), agrees(np.array([1.0]), np.array([1.1]))
    (True, False)
    """
    return result.shape == expected.shape and not bool(_differing(result, expected).any())


def describe_difference(result: np.ndarray, expected: np.ndarray) -> str:
    """Return one sentence about the shape or the first number that differs; empty if the arrays agree.

    >>> describe_difference(np.array([[4.0, 1.0]]), np.array([[-2.0, 1.0]]))
    'The shape (1, 2) is correct, but [0, 0] is 4.0 instead of -2.0.'
    """
    if result.shape != expected.shape:
        return f"The shape is {result.shape} instead of {expected.shape}."
    differing = _differing(result, expected)
    if not differing.any():
        return ""
    if result.ndim == 0:
        return f"The result is {number_text(result.item())} instead of {number_text(expected.item())}."
    place = tuple(int(index) for index in np.argwhere(differing)[0])
    count = int(differing.sum())
    others = f" ({count} of {differing.size} numbers differ)" if count > 1 else ""
    return (
        f"The shape {result.shape} is correct, but {list(place)} is {number_text(result[place].item())} "
        f"instead of {number_text(expected[place].item())}{others}."
    )


def number_text(value: float) -> str:
    """Return a number with at most six digits; a float keeps its decimal point.

    >>> number_text(4.0), number_text(4), number_text(1 / 3)
    ('4.0', '4', '0.333333')
    """
    if isinstance(value, int):
        return str(value)
    text = f"{value:.6g}"
    return f"{text}.0" if text.lstrip("-").isdigit() else text


def _differing(result: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return where two arrays of the same shape differ by more than rounding."""
    is_count = expected.ndim == 0 and expected.dtype.kind in "iu"
    actual, correct = result.astype(np.float64), expected.astype(np.float64)
    scale = np.abs(correct[np.isfinite(correct)]).max(initial=0.0)
    allowed = _COUNT_RELATIVE * scale if is_count else max(_RELATIVE * scale, _ABSOLUTE)
    with np.errstate(invalid="ignore"):
        near = np.abs(actual - correct) <= allowed
    return ~(near | (actual == correct))
