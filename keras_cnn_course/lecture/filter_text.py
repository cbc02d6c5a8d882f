"""Reading a filter that somebody typed or pasted: its name, or its rows in any of the usual notations.

>>> parse_filter("0 1 0, 1 1 1, 0 1 0").size
'3x3'
>>> parse_filter("[[1/4, 1/4], [1/4, 1/4]]").rows_text
'1/4 1/4; 1/4 1/4'
"""

import math
import re
from fractions import Fraction

import numpy as np

from keras_cnn_course.errors import UsageError, did_you_mean
from keras_cnn_course.lecture.filters import FILTERS, Filter

__all__ = ["parse_filter"]

_LARGEST_DENOMINATOR = 10_000
_LARGEST_SIZE = 31
_NUMBER = re.compile(r"[+-]?(\d+/\d+|(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?)")
_FACTOR_BEFORE = re.compile(r"\s*([^\s*\[\]]+)\s*(?:\*\s*|(?=\[))(?=\[)(.*)", re.DOTALL)
_FACTOR_AFTER = re.compile(r"(.*\])\s*([*/])\s*([^\s*\[\]]+)\s*", re.DOTALL)
_HOW = 'Separate the rows with semicolons, as in "0 1 0; 1 1 1; 0 1 0".'


def parse_filter(text: str) -> Filter:
    """Return a filter by its name or from its rows.

    Numbers look like `-1`, `0.5` or `1/9`. Rows are separated by semicolons, lines, `|`, or brackets as in NumPy and
    MATLAB. Commas may separate either numbers or rows where only one of the two gives a rectangle. A factor may
    precede or follow brackets: `1/9 * [1 1 1; 1 1 1; 1 1 1]`.

    Raises:
        UsageError: the text is neither a name nor a rectangle of numbers, or can be read in several ways.

    >>> parse_filter("blurr")
    Traceback (most recent call last):
    keras_cnn_course.errors.UsageError: No filter named 'blurr'. Did you mean 'blur'? Available: identity, blur, \
horizontal-edges, vertical-edges, sobel, sharpen, or rows of numbers such as "0 1 0; 1 1 1; 0 1 0".
    """
    name = re.sub(r"[\s_]+", "-", text.strip().lower())
    if name in FILTERS:
        return FILTERS[name]
    if not re.search(r"\d", text):
        raise UsageError(
            f"No filter named {text!r}.{did_you_mean(name, FILTERS)} Available: {', '.join(FILTERS)}, "
            'or rows of numbers such as "0 1 0; 1 1 1; 0 1 0".'
        )
    plain = text.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").replace("\\n", "\n")
    plain = re.sub(r"[({]", "[", re.sub(r"[)}]", "]", plain)).strip()
    factor, plain = _take_factor(text, plain)
    rows = _split_rows(text, plain)
    numbers = [[_read_number(text, number) * factor for number in row] for row in rows]
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


def _take_factor(text: str, plain: str) -> tuple[Fraction, str]:
    """Return the factor in front of brackets or after them, and the rest. The factor is 1 if there is none."""
    before = _FACTOR_BEFORE.fullmatch(plain)
    if before:
        return _read_number(text, before[1]), before[2]
    after = _FACTOR_AFTER.fullmatch(plain)
    if after:
        number = _read_number(text, after[3])
        if after[2] == "/" and not number:
            raise UsageError(f"The filter {text!r} is divided by 0.")
        return (number if after[2] == "*" else 1 / number), after[1]
    return Fraction(1), plain


def _split_rows(text: str, plain: str) -> list[list[str]]:
    """Return the texts of the numbers, row by row."""
    if re.search(r"\s/|/\s", plain):
        raise UsageError(f'Write fractions such as "1/9" without spaces; got {text!r}. {_HOW}')
    plain, is_enclosed = _open_brackets(text, plain)
    lines = re.split(r"\s*[;|]\s*|\s*\n\s*", plain)
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    if len(lines) > 1 or is_enclosed or plain.strip() != lines[0].strip():
        return [_split_line(text, line.strip().removesuffix(",") if len(lines) > 1 else line) for line in lines]
    return _split_without_rows(text, plain)


def _open_brackets(text: str, plain: str) -> tuple[str, bool]:
    """Return the text with inner brackets replaced by semicolons, and whether it is enclosed in brackets."""
    if "[" not in plain and "]" not in plain:
        return plain, False
    inner = re.fullmatch(r"\[([^\[\]]*)\]", plain)
    if inner:
        return inner[1].strip(), True
    outer = re.fullmatch(r"\[\s*(\[.*\])\s*,?\s*\]", plain, re.DOTALL)
    groups = re.findall(r"\[([^\[\]]*)\]", outer[1] if outer else plain)
    rest = re.sub(r"\[[^\[\]]*\]", "", outer[1] if outer else plain)
    if re.search(r"[^\s,;]", rest) or any(re.search(r"[;|\n]", group.strip()) for group in groups):
        raise UsageError(f"The brackets of the filter {text!r} do not enclose rows of numbers. {_HOW}")
    return ";".join(groups), True


def _split_line(text: str, line: str) -> list[str]:
    """Return the texts of the numbers of one row, separated by spaces or by commas."""
    if "," not in line:
        return line.split()
    if re.search(r"\S,\S", line) and re.search(r"[^\s,]\s+[^\s,]", line):
        raise UsageError(
            f"The filter {text!r} mixes spaces and commas within a row, so its numbers are not clear. Separate the "
            "numbers with spaces only, and write decimals with a point, as in 0.5."
        )
    cells = [cell.split() for cell in line.split(",")]
    if not all(cells):
        raise UsageError(f"A number is missing before or after a comma in the filter {text!r}.")
    return [number for cell in cells for number in cell]


def _split_without_rows(text: str, plain: str) -> list[list[str]]:
    """Return the numbers of a text without semicolons, lines or brackets.

    A comma then separates either rows, as in `1 2, 3 4`, or numbers, as in `1,2,1 2,4,2`.
    """
    if "," in plain:
        by_comma = [part.split() for part in plain.split(",")]
        by_space = [part.split(",") for part in re.sub(r"\s*,\s*", ",", plain).split()]
        if all(len(row) > 1 for row in by_comma):
            return by_comma
        if len(by_space) > 1 and all(len(row) > 2 and all(row) for row in by_space):
            return by_space
        if len(by_space) > 1:
            raise UsageError(f"It is not clear which numbers of the filter {text!r} form a row. {_HOW}")
    numbers = _split_line(text, plain)
    side = math.isqrt(len(numbers))
    if side > 1 and side**2 == len(numbers):
        raise UsageError(
            f"The filter {text!r} has {len(numbers)} numbers, which can be one row or {side}x{side}. Separate the rows "
            f'with semicolons, as in "0 1 0; 1 1 1; 0 1 0", or put one row in brackets: "[{" ".join(numbers)}]".'
        )
    return [numbers]


def _read_number(text: str, number: str) -> Fraction:
    if not _NUMBER.fullmatch(number) or re.search(r"/0+$", number):
        raise UsageError(
            f"Cannot read the filter {text!r}: {number!r} is not a number. Numbers look like -1, 0.5 or 1/9. {_HOW}"
        )
    return Fraction(number)


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
