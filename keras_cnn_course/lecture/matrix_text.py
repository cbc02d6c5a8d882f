"""Matrices and filters as text for a terminal: aligned, with a window in brackets, several side by side.

>>> print(stack(matrix_lines(np.array([[0, 1], [-1, 10]]))))
  0  1
 -1 10
>>> print(stack(beside(matrix_lines(np.eye(2, dtype=int)), "*", matrix_lines(np.array([[2]])))))
 1 0
 0 1   *   2
"""

import math
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.lecture.filters import Filter

__all__ = [
    "Window",
    "beside",
    "describe_numbers",
    "filtered_lines",
    "format_number",
    "matrix_lines",
    "page_of",
    "readable_lines",
    "scaled_lines",
    "size_text",
    "stack",
    "total_text",
]

_WIDEST = 34
_ROUNDED_FROM = 100
_PAGE_WIDTH = ContextVar("page width", default=80)


@contextmanager
def page_of(width: int) -> Iterator[None]:
    """Lay out all text in the context on a page of `width` columns, at least 40. Without it, a page has 80."""
    token = _PAGE_WIDTH.set(max(width, 40))
    try:
        yield
    finally:
        _PAGE_WIDTH.reset(token)


@dataclass(frozen=True)
class Window:
    """A rectangle of a matrix: in brackets as text, outlined in a picture."""

    top: int
    left: int
    height: int
    width: int

    def covers_row(self, row: int) -> bool:
        """Return whether the row belongs to the window."""
        return self.top <= row < self.top + self.height

    def contains(self, row: int, column: int) -> bool:
        """Return whether a pixel belongs to the window."""
        return self.covers_row(row) and self.left <= column < self.left + self.width


def format_number(value: float) -> str:
    """Return a number in a short form: whole numbers without a point, others with three digits.

    >>> format_number(3.0), format_number(1 / 9), format_number(-0.0), format_number(-1602.4), format_number(-np.inf)
    ('3', '0.111', '0', '-1602', '-inf')
    """
    if math.isfinite(value) and (float(value).is_integer() or abs(value) >= _ROUNDED_FROM):
        return str(round(value))
    return f"{value:.3g}"


def matrix_lines(matrix: np.ndarray, *, window: Window | None = None, filled: int | None = None) -> list[str]:
    """Return a matrix as lines of equal length. If it is wider than the page, its columns are printed in blocks.

    Args:
        matrix: `(rows, columns)`; booleans are drawn as `#` and `.`.
        window: the part in brackets.
        filled: how many numbers are known so far, row by row. The others are drawn as dots. None: all are known.

    >>> print(stack(matrix_lines(np.arange(4).reshape(2, 2), window=Window(0, 1, 1, 1), filled=3)))
     0[1]
     2 .
    """
    if matrix.dtype == bool:
        texts = ["#" if value else "." for value in matrix.flat]
    else:
        texts = [format_number(value) for value in matrix.flat]
    if filled is not None:
        texts = [text if number < filled else "." for number, text in enumerate(texts)]
    width = max(len(text) for text in texts)
    rows, columns = matrix.shape
    cells = [[text.rjust(width) for text in texts[row * columns : (row + 1) * columns]] for row in range(rows)]
    fitting = max(1, (_PAGE_WIDTH.get() - 1) // (width + 1))
    if columns <= fitting:
        return _block_lines(cells, window, 0, columns)
    lines = []
    for start in range(0, columns, fitting):
        end = min(start + fitting, columns)
        lines += [f"columns {start} to {end - 1}:", *_block_lines(cells, window, start, end)]
    longest = max(len(line) for line in lines)
    return [line.ljust(longest) for line in lines]


def readable_lines(matrix: np.ndarray) -> list[str]:
    """Return the matrix as lines if it is small enough to read, otherwise a description of it."""
    return matrix_lines(matrix) if max(matrix.shape) <= _WIDEST else [f"[{describe_numbers(matrix)}]"]


def describe_numbers(matrix: np.ndarray) -> str:
    """Return the size, range and mean of a matrix in words.

    >>> describe_numbers(np.array([[0, 1]]))
    '1x2 numbers from 0 to 1, mean 0.5'
    """
    low, high, mean = format_number(matrix.min()), format_number(matrix.max()), format_number(matrix.mean())
    return f"{size_text(matrix)} numbers from {low} to {high}, mean {mean}"


def size_text(matrix: np.ndarray) -> str:
    """Return height and width (and depth) in the form `7x7`."""
    return "x".join(str(size) for size in matrix.shape)


def beside(*blocks: list[str] | str, align: str = "middle") -> list[str]:
    """Return blocks of lines side by side, or one below the other if they are too wide together.

    Args:
        blocks: lines, or a single word.
        align: where a shorter block goes, `middle` or `top`.
    """
    columns = [[block] if isinstance(block, str) else block for block in blocks]
    if sum(max(len(line) for line in lines) + 2 for lines in columns) - 2 > _PAGE_WIDTH.get():
        return [line for lines in columns for line in lines]
    height = max(len(lines) for lines in columns)
    padded = []
    for lines in columns:
        above = (height - len(lines) + 1) // 2 if align == "middle" else 0
        width = max(len(line) for line in lines)
        filled = [""] * above + lines + [""] * (height - len(lines) - above)
        padded.append([line.ljust(width) for line in filled])
    return ["  ".join(parts) for parts in zip(*padded, strict=True)]


def stack(*blocks: Iterable[str] | str) -> str:
    """Join lines and blocks of lines into one text without trailing spaces. Lines that are too long are wrapped."""
    lines: list[str] = []
    for block in blocks:
        lines.extend(block.split("\n") if isinstance(block, str) else block)
    return "\n".join(_wrap(line.rstrip()) for line in lines)


def _wrap(line: str) -> str:
    """Break a line that is wider than the page between words, with the indentation of its start."""
    if len(line) <= _PAGE_WIDTH.get():
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line.strip(),
        _PAGE_WIDTH.get(),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def filtered_lines(image: np.ndarray, kernel: Filter, output: np.ndarray) -> list[str]:
    """Return `image * filter = output`, given the output of the filter's numerators."""
    fraction = _fraction(kernel)
    return beside(
        readable_lines(image),
        f"* {fraction}".rstrip(),
        matrix_lines(kernel.numerators),
        f"= {fraction}".rstrip(),
        readable_lines(output),
    )


def scaled_lines(kernel: Filter, lines: list[str]) -> list[str]:
    """Return the lines of an output of the filter's numerators, with the fraction in front."""
    return lines if kernel.denominator == 1 else beside(_fraction(kernel), lines)


def total_text(kernel: Filter, total: float) -> str:
    """Return a sum made with the filter's numerators, and its value after the division.

    >>> from keras_cnn_course.lecture.filters import FILTERS
    >>> total_text(FILTERS["blur"], 3)
    '1/9 * 3 = 0.333'
    """
    if kernel.denominator == 1:
        return format_number(total)
    return f"{_fraction(kernel)} {format_number(total)} = {format_number(total / kernel.denominator)}"


def _fraction(kernel: Filter) -> str:
    return "" if kernel.denominator == 1 else f"1/{kernel.denominator} *"


def _block_lines(cells: list[list[str]], window: Window | None, start: int, end: int) -> list[str]:
    """Return the cells of the columns from `start` to before `end`, with the brackets of the window between them."""
    lines = []
    for row, line in enumerate(cells):
        separators = [" "] * (end - start + 1)
        if window is not None and window.covers_row(row):
            if start <= window.left < end:
                separators[window.left - start] = "["
            if start < window.left + window.width <= end:
                separators[window.left + window.width - start] = "]"
        lines.append("".join(part for pair in zip(separators, [*line[start:end], ""], strict=True) for part in pair))
    return lines
