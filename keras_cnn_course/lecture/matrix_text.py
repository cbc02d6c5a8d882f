"""Matrices as text for a terminal: aligned, with a window in brackets, several side by side.

>>> print(stack(matrix_lines(np.array([[0, 1], [-1, 10]]))))
  0  1
 -1 10
>>> print(stack(beside(matrix_lines(np.eye(2, dtype=int)), "*", matrix_lines(np.array([[2]])))))
 1 0
 0 1   *   2
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

__all__ = [
    "Window",
    "beside",
    "describe_numbers",
    "format_number",
    "matrix_lines",
    "readable_lines",
    "size_text",
    "stack",
]

_WIDEST = 34
_PAGE_WIDTH = 130
_ROUNDED_FROM = 100


@dataclass(frozen=True)
class Window:
    """A rectangle of a matrix to put in brackets."""

    top: int
    left: int
    height: int
    width: int

    def covers_row(self, row: int) -> bool:
        """Return whether the row belongs to the window."""
        return self.top <= row < self.top + self.height


def format_number(value: float) -> str:
    """Return a number as short as it can be told: whole numbers without a point, others with three digits.

    >>> format_number(3.0), format_number(1 / 9), format_number(-0.0), format_number(-1602.4)
    ('3', '0.111', '0', '-1602')
    """
    if float(value).is_integer() or abs(value) >= _ROUNDED_FROM:
        return str(round(value))
    return f"{value:.3g}"


def matrix_lines(matrix: np.ndarray, *, window: Window | None = None, filled: int | None = None) -> list[str]:
    """Return a matrix as lines of equal length.

    Args:
        matrix: `(rows, columns)`; booleans are drawn as `#` and `.`.
        window: what to put in brackets.
        filled: numbers known so far, row by row; the others are drawn as a dot. All are known when None.

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
    columns = matrix.shape[1]
    lines = []
    for row in range(matrix.shape[0]):
        cells = [text.rjust(width) for text in texts[row * columns : (row + 1) * columns]]
        lines.append(_bracketed(cells, window if window is not None and window.covers_row(row) else None))
    return lines


def readable_lines(matrix: np.ndarray) -> list[str]:
    """Return the matrix where it is small enough to be read, otherwise what is in it."""
    return matrix_lines(matrix) if max(matrix.shape) <= _WIDEST else [f"[{describe_numbers(matrix)}]"]


def describe_numbers(matrix: np.ndarray) -> str:
    """Return size, range and mean of a matrix in words.

    >>> describe_numbers(np.array([[0, 1]]))
    '1x2 numbers from 0 to 1, mean 0.5'
    """
    low, high, mean = format_number(matrix.min()), format_number(matrix.max()), format_number(matrix.mean())
    return f"{size_text(matrix)} numbers from {low} to {high}, mean {mean}"


def size_text(matrix: np.ndarray) -> str:
    """Return height and width (and depth) as `7x7`."""
    return "x".join(str(size) for size in matrix.shape)


def beside(*blocks: list[str] | str, align: str = "middle") -> list[str]:
    """Return blocks of lines next to each other; a block of few lines, or a word, at half height or at the `top`.

    Blocks too wide for that stand below each other.
    """
    columns = [[block] if isinstance(block, str) else block for block in blocks]
    if sum(max(len(line) for line in lines) + 2 for lines in columns) > _PAGE_WIDTH:
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
    """Return lines and blocks of lines below each other as one text, without spaces at the ends."""
    lines: list[str] = []
    for block in blocks:
        lines.extend(block.split("\n") if isinstance(block, str) else block)
    return "\n".join(line.rstrip() for line in lines)


def _bracketed(cells: list[str], window: Window | None) -> str:
    separators = [" "] * (len(cells) + 1)
    if window is not None:
        separators[window.left], separators[window.left + window.width] = "[", "]"
    return "".join(part for pair in zip(separators, [*cells, ""], strict=True) for part in pair)
