"""Filters designed by hand, such as the slides' blur and edges. A network learns its own instead.

>>> FILTERS["blur"].numerators
array([[1, 1, 1],
       [1, 1, 1],
       [1, 1, 1]])
>>> parse_filter("0 1 0; 1 1 1; 0 1 0").kernel.shape
(3, 3)
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from keras_cnn_course.errors import UsageError, did_you_mean

__all__ = ["FILTERS", "Filter", "parse_filter"]

_LARGEST_DENOMINATOR = 10_000
_LARGEST_SIZE = 31


@dataclass(frozen=True, eq=False)
class Filter:
    """A kernel with a name, stored as fractions with one denominator, so that 1/9 is exact and printed as on the slide.

    Args:
        name: its name on the command line.
        numerators: `(rows, columns)`, int64.
        summary: its effect on an image.
    """

    name: str
    numerators: np.ndarray
    denominator: int = 1
    summary: str = ""

    @property
    def kernel(self) -> np.ndarray:
        """The kernel `(rows, columns)`: int64 if the denominator is 1, otherwise float64."""
        return self.numerators if self.denominator == 1 else self.numerators / self.denominator

    @property
    def is_signed(self) -> bool:
        """True if a weight is negative, so that the output can be negative, too."""
        return bool((self.numerators < 0).any())


def _filter(name: str, rows: str, summary: str, denominator: int = 1) -> Filter:
    numerators = np.array([row.split() for row in rows.split("/")], dtype=np.int64)
    return Filter(name, numerators, denominator, summary)


FILTERS: dict[str, Filter] = {
    kernel.name: kernel
    for kernel in (
        _filter("identity", "0 0 0 / 0 1 0 / 0 0 0", "copies the image"),
        _filter("blur", "1 1 1 / 1 1 1 / 1 1 1", "averages each 3x3 neighborhood", 9),
        _filter("horizontal-edges", "-1 -1 -1 / 2 2 2 / -1 -1 -1", "finds horizontal edges and lines"),
        _filter("vertical-edges", "-1 2 -1 / -1 2 -1 / -1 2 -1", "finds vertical edges and lines"),
        _filter("sobel", "-1 0 1 / -2 0 2 / -1 0 1", "is positive where the image gets brighter to the right"),
        _filter("sharpen", "0 -1 0 / -1 5 -1 / 0 -1 0", "raises the contrast of a pixel with its neighbors"),
    )
}


def parse_filter(text: str) -> Filter:
    """Return a filter by its name, or from its rows: numbers such as `-1`, `0.5` or `1/9`, rows separated by `;`.

    Raises:
        UsageError: the text is neither a name nor a rectangle of numbers.

    >>> parse_filter("1/4 1/4; 1/4 1/4").denominator
    4
    >>> parse_filter("blurr")
    Traceback (most recent call last):
    keras_cnn_course.errors.UsageError: No filter named 'blurr'. Did you mean 'blur'? Available: identity, blur, \
horizontal-edges, vertical-edges, sobel, sharpen, or rows of numbers such as "0 1 0; 1 1 1; 0 1 0".
    """
    if text.strip() in FILTERS:
        return FILTERS[text.strip()]
    rows = [row.replace(",", " ").split() for row in text.strip().rstrip(";").split(";")]
    try:
        numbers = [[Fraction(number) for number in row] for row in rows]
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(
            f"No filter named {text!r}.{did_you_mean(text, FILTERS)} Available: {', '.join(FILTERS)}, "
            'or rows of numbers such as "0 1 0; 1 1 1; 0 1 0".'
        ) from error
    _check_rectangle(text, [len(row) for row in numbers])
    denominator = math.lcm(*(number.denominator for row in numbers for number in row))
    largest = max(abs(number) for row in numbers for number in row)
    if denominator > _LARGEST_DENOMINATOR or largest > _LARGEST_DENOMINATOR:
        raise UsageError(
            f"The numbers of the filter {text!r} are too large or have too many digits: they and their common "
            f"denominator must be at most {_LARGEST_DENOMINATOR}. Use fewer digits."
        )
    numerators = np.array([[int(number * denominator) for number in row] for row in numbers], dtype=np.int64)
    return Filter(f"custom {len(numbers)}x{len(numbers[0])}", numerators, denominator, "your own numbers")


def _check_rectangle(text: str, lengths: list[int]) -> None:
    """Raise UsageError unless all rows have the same length, and there are not too many numbers."""
    if len(set(lengths)) != 1 or not lengths[0]:
        counts = ", ".join(str(length) for length in lengths)
        raise UsageError(f"All rows of a filter need the same number of numbers; {text!r} has rows of {counts}.")
    if max(lengths[0], len(lengths)) > _LARGEST_SIZE:
        raise UsageError(
            f"A filter can have at most {_LARGEST_SIZE}x{_LARGEST_SIZE} numbers; this one has "
            f"{len(lengths)}x{lengths[0]}. Use a smaller one."
        )
