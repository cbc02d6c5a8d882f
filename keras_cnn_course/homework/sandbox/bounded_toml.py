"""Read TOML that a stranger wrote, in little time and memory.

Python's parser needs quadratic time and memory for a key with many dots, nests as deep as the text does, and accepts
hexadecimal integers that Python then refuses to print. So the text is measured before it is parsed. The limits are far
above anything that the homework's files contain.
"""

import re
import tomllib
from typing import Any

from keras_cnn_course.errors import HomeworkError

__all__ = ["read_toml"]

_MOST_CHARACTERS = 1 << 16
_MOST_LINES = 2000
_LONGEST_LINE = 1000
_MOST_DOTS = 40
_DEEPEST = 16
_LONGEST_NUMBER = 100
_NUMBER = re.compile(rf"[0-9A-Fa-f_]{{{_LONGEST_NUMBER + 1}}}")


def read_toml(text: str) -> dict[str, Any]:
    """Return the values in a TOML text.

    Raises:
        HomeworkError: it is not valid TOML, or exceeds a limit. The message is a predicate, to follow the file's name.

    >>> read_toml("answer = [3, 4]")
    {'answer': [3, 4]}
    """
    excess = _find_excess(text)
    if excess:
        raise HomeworkError(excess)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise HomeworkError(f"is not valid TOML: {error}") from error


def _find_excess(text: str) -> str:
    """Return which limit a text exceeds, or an empty string. Comments count only as characters and lines."""
    if len(text) > _MOST_CHARACTERS:
        return f"has more than {_MOST_CHARACTERS:,} characters"
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        return f"has more than {_MOST_LINES:,} lines"
    depth = 0
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#"):
            continue
        if len(line) > _LONGEST_LINE:
            return f"has more than {_LONGEST_LINE:,} characters in line {number}"
        if line.count(".") > _MOST_DOTS:
            return f"has more than {_MOST_DOTS} dots in line {number}"
        if _NUMBER.search(line):
            return f"has a number of more than {_LONGEST_NUMBER} digits in line {number}"
        for character in line:
            depth = max(0, depth + (character in "[{") - (character in "]}"))
            if depth > _DEEPEST:
                return f"nests more than {_DEEPEST} brackets in line {number}"
    return ""
