"""Command lines as the shell of the system reads them."""

import shlex
import subprocess
import sys
from collections.abc import Iterable

__all__ = ["join_words", "split_line"]


def join_words(words: Iterable[object]) -> str:
    """Return words, such as paths, as one line, with quotes where the shell of the system needs them.

    >>> join_words(["kcnn", "plot", "my runs/cnn-001"])
    "kcnn plot 'my runs/cnn-001'"
    """
    texts = [str(word) for word in words]
    # Windows separates folders with backslashes, which shlex would quote, and its shell passes single quotes on.
    return subprocess.list2cmdline(texts) if sys.platform == "win32" else shlex.join(texts)


def split_line(line: str) -> list[str]:
    """Return the words of one line, without the quotes around them.

    Raises:
        ValueError: a quote is not closed.

    >>> split_line("plot 'my runs/cnn-001'")
    ['plot', 'my runs/cnn-001']
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    if sys.platform == "win32":
        lexer.escape = ""  # a backslash separates folders
    return list(lexer)
