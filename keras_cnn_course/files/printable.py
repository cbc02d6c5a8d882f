"""Text of strangers, such as a file's or a class's name, as a terminal may show it."""

import re
import unicodedata

__all__ = ["printable"]

_JOINERS = "\u200c\u200d"  # in Persian and Indian words, and in emoji
_UNUSUAL = re.compile(r"[^\n\x20-\x7e]")


def printable(text: str) -> str:
    r"""Return text in which characters that control a terminal, or that nothing can show, are written as escapes.

    >>> printable("seven\x1b[2J.png"), printable("Größe 7")
    ('seven\\x1b[2J.png', 'Größe 7')
    """
    return _UNUSUAL.sub(_show, text)


def _show(found: re.Match[str]) -> str:
    sign = found[0]
    if sign.isprintable() or sign in _JOINERS or unicodedata.category(sign) == "Zs":
        return sign
    return sign.encode("unicode_escape").decode()
