"""A filter and what it makes of an image as text, with its fraction in front as on the slides.

>>> from keras_cnn_course.lecture.filters import FILTERS
>>> total_text(FILTERS["blur"], 3)
'1/9 * 3 = 0.333'
"""

import numpy as np

from keras_cnn_course.lecture.convolution import flip
from keras_cnn_course.lecture.filters import Filter
from keras_cnn_course.lecture.matrix_text import beside, format_number, matrix_lines, readable_lines

__all__ = ["filtered_lines", "flipped", "scaled_lines", "total_text"]


def filtered_lines(image: np.ndarray, kernel: Filter, output: np.ndarray) -> list[str]:
    """Return `image * filter = output`, where the output was made with the filter's numerators."""
    fraction = _fraction(kernel)
    return beside(
        readable_lines(image),
        f"* {fraction}".rstrip(),
        matrix_lines(kernel.numerators),
        f"= {fraction}".rstrip(),
        readable_lines(output),
    )


def scaled_lines(kernel: Filter, lines: list[str]) -> list[str]:
    """Return the lines of an output made with the filter's numerators, with the fraction in front."""
    return lines if kernel.denominator == 1 else beside(_fraction(kernel), lines)


def total_text(kernel: Filter, total: float) -> str:
    """Return a sum made with the filter's numerators, and what it is once divided."""
    if kernel.denominator == 1:
        return format_number(total)
    return f"{_fraction(kernel)} {format_number(total)} = {format_number(total / kernel.denominator)}"


def flipped(kernel: Filter) -> Filter:
    """Return the filter turned by 180 degrees."""
    return Filter(kernel.name, flip(kernel.numerators), kernel.denominator, kernel.summary)


def _fraction(kernel: Filter) -> str:
    return "" if kernel.denominator == 1 else f"1/{kernel.denominator} *"
