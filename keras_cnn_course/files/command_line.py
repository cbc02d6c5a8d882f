"""Command lines as the shell of the system reads them."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterable

__all__ = ["join_words", "split_line"]

_SPECIAL = re.compile(r"[&()^;,|<>'@{}]")  # to cmd.exe or PowerShell; a file's name has no double quote


def join_words(words: Iterable[object]) -> str:
    """Return words, such as paths, as one line, with quotes where the shell of the system needs them.

    >>> join_words(["kcnn", "plot", "my runs/cnn-001"])
    "kcnn plot 'my runs/cnn-001'"
    """
    texts = [str(word) for word in words]
    if sys.platform != "win32":
        return shlex.join(texts)
    # Windows separates folders with backslashes, which shlex would quote, and its shell passes single quotes on.
    return " ".join(f'"{text}"' if _SPECIAL.search(text) else subprocess.list2cmdline([text]) for text in texts)


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
